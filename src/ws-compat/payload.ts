import { Blob } from "node:buffer";

/** What `send()` takes: a number is sent as its digits, a list as one message. */
export type SendData =
  | string
  | number
  | Buffer
  | DataView
  | ArrayBufferLike
  | ArrayBufferView
  | readonly Uint8Array[]
  | Blob;
/** What a binary message comes as. */
export type BinaryType = "nodebuffer" | "arraybuffer" | "fragments" | "blob";
/** A message as the listeners get it; text is always a `Buffer`. */
export type RawData = Buffer | ArrayBuffer | Buffer[] | Blob;

export const binaryTypes: readonly string[] = ["nodebuffer", "arraybuffer", "fragments", "blob"] satisfies BinaryType[];

/** How many bytes of `data` there are to send; of a Blob they need not be read for it. */
export function byteLengthOf(data: SendData | null | undefined): number {
  if (typeof data === "string") return Buffer.byteLength(data);
  return data instanceof Blob ? data.size : toBuffer(data).length;
}

/** The bytes of `data`, not copied where that can be helped. `undefined` and `null` are empty, as they are to `ws`. */
export function toBuffer(data: SendData | null | undefined): Buffer {
  if (data === undefined || data === null) return Buffer.alloc(0);
  if (Buffer.isBuffer(data)) return data;
  if (Array.isArray(data)) return Buffer.concat(data);
  if (ArrayBuffer.isView(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (typeof data === "number") return Buffer.from(`${data}`);
  if (typeof data === "string") return Buffer.from(data);
  return Buffer.from(data as ArrayBuffer); // what is left of the union; Buffer.from refuses anything else
}

/** A message as `binaryType` wants it. @param buffer - which is the receiver's to keep. */
export function toRawData(buffer: Buffer, opcode: "text" | "binary", binaryType: BinaryType): RawData {
  if (opcode === "text") return buffer;
  switch (binaryType) {
    case "nodebuffer":
      return buffer;
    case "fragments":
      return [buffer];
    case "arraybuffer":
      return Uint8Array.from(buffer).buffer;
    case "blob":
      return new Blob([buffer]);
    default:
      return binaryType satisfies never;
  }
}
