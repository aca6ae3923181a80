import { prepareMessage, tapFrames } from "../../../engine/index.ts";
import type { Operated } from "../operated.ts";
import {
  maxTappedBytes,
  type ServerMessage,
  tappedFramesPerSecond,
  type TappedFrameMessage,
  type TapTarget,
} from "./messages.ts";

/** How long frames are gathered before they are shown. */
const gatherMs = 200;
const framesPerGathering = (tappedFramesPerSecond * gatherMs) / 1_000;

/** Shows the frames of one connection or channel to one page, as many as a person can take in; the others are counted. */
export class Tap {
  /** The connection that is tapped, if it is one. */
  readonly connection: number | undefined;
  readonly #operated: Operated;
  readonly #show: (message: ServerMessage) => void;
  readonly #stop: () => void;
  #frames: TappedFrameMessage[] = [];
  #number = 0;
  #droppedCount = 0;
  #cancel: (() => void) | undefined;

  /** @throws {Error} in words if there is no such connection or channel. */
  constructor(operated: Operated, target: TapTarget, show: (message: ServerMessage) => void) {
    this.#operated = operated;
    this.#show = show;
    this.connection = "connection" in target ? target.connection : undefined;
    this.#stop = "connection" in target ? this.#tapConnection(target.connection) : this.#tapChannel(target.channel);
  }

  stop(): void {
    this.#stop();
    this.#cancel?.();
  }

  #tapConnection(id: number): () => void {
    const socket = this.#operated.shell.sockets.get(id);
    if (socket === undefined) throw new Error(`Cannot tap connection ${id}: it is gone`);
    return tapFrames(socket, {
      maxFrameBytes: maxTappedBytes,
      onFrame: ({ bytes, byteCount, direction }) => this.#offer(direction, bytes, byteCount),
    });
  }

  /** What subscribers are sent that speak JSON, each message in a frame of its own. */
  #tapChannel(channel: string): () => void {
    const { shell } = this.#operated;
    const found = shell.find(channel);
    if (found.type === "error") throw new Error(found.error.message);
    return shell.channelWatch.watch(channel, (text) => {
      const { frame } = prepareMessage(text);
      this.#offer("out", frame.subarray(0, maxTappedBytes), frame.length);
    });
  }

  #offer(direction: "in" | "out", bytes: Uint8Array, byteCount: number): void {
    this.#number += 1;
    this.#cancel ??= this.#operated.machine.after(gatherMs, () => this.flush());
    if (this.#frames.length >= framesPerGathering) {
      this.#droppedCount += 1;
      return;
    }
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");
    const atMs = this.#operated.machine.wallMs();
    this.#frames.push({ number: this.#number, atMs, direction, bytes: text, byteCount });
  }

  /** Shows what was gathered. */
  flush(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.#frames.length === 0) return;
    this.#show({ type: "frames", frames: this.#frames, droppedCount: this.#droppedCount });
    this.#frames = [];
    this.#droppedCount = 0;
  }
}
