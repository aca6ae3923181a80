import { FrameTap, type TapOptions } from "./frame-tap.ts";
import { Line } from "./line.ts";
import type { EngineSocket } from "./sockets.ts";

const longestHeaderBytes = 14;

/**
 * Watches the frames of a connection, control frames too, in both directions, from the next one on that begins. A connection that nobody
 * watches pays nothing for it. One watcher at a time: the next takes the place of the one before.
 *
 * @returns how to stop.
 * @throws {TypeError} for a socket that is none of this engine's. @throws {RangeError} for `maxFrameBytes`.
 */
export function tapFrames(socket: EngineSocket, { maxFrameBytes = 1024, onFrame }: TapOptions): () => void {
  if (!(socket instanceof Line)) throw new TypeError("Cannot watch frames: this is no socket of the engine");
  if (!(Number.isInteger(maxFrameBytes) && maxFrameBytes >= longestHeaderBytes)) {
    throw new RangeError(
      `Cannot keep ${maxFrameBytes} bytes of a frame: give an integer from ${longestHeaderBytes} on`,
    );
  }
  // What waits to be written is the rest of frames that began before.
  const { writer } = socket;
  const tap = new FrameTap({ maxFrameBytes, onFrame }, writer.waitingBytes);
  writer.tap = tap;
  return () => {
    if (writer.tap === tap) writer.tap = undefined;
  };
}
