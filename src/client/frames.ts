import type { Codec, Written } from "./codec.ts";

/** How much a server takes in one frame. */
export interface FrameLimits {
  readonly maxMessageBytes: number;
  readonly maxOperationsPerFrame: number;
}

/** As few frames as may be of requests, in their order. One that is too large for any frame has one of its own. */
export function framesOf(
  requests: readonly Written[],
  codec: Codec,
  { maxMessageBytes, maxOperationsPerFrame }: FrameLimits,
): ReturnType<Codec["frameOf"]>[] {
  const frames: Written[][] = [];
  let frame: Written[] = [];
  let bytes = Infinity;
  for (const request of requests) {
    const size = codec.sizeOf(request);
    bytes += size;
    if (bytes > maxMessageBytes || frame.length >= maxOperationsPerFrame) {
      frame = [];
      frames.push(frame);
      bytes = size;
    }
    frame.push(request);
  }
  return frames.map((one) => codec.frameOf(one));
}
