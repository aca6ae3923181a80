import { decodeServerFrame, subprotocol } from "../wire/index.ts";
import type { Codec } from "./codec.ts";

/** JSON, a line feed between two. */
export const jsonCodec: Codec = {
  subprotocol,
  sizeOf: ({ text }) => new TextEncoder().encode(text).byteLength + 1,
  frameOf: (requests) => requests.map(({ text }) => text).join("\n"),
  read: (frame) => decodeServerFrame(String(frame)),
};
