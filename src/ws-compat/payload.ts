import type { Blob as NodeBlob } from "node:buffer";

/** What `send()` takes: a number is sent as its digits, a list of pieces or of bytes as one message, any other object as `Buffer.from` has it. */
export type SendData =
  | string
  | number
  | ArrayBufferLike
  | ArrayBufferView
  | readonly (Uint8Array | number)[]
  | Blob
  | NodeBlob // the same class; where the DOM is known too, its type is another
  | { valueOf(): string | ArrayBufferLike | Uint8Array | readonly number[] }
  | { [Symbol.toPrimitive](hint: string): string };
/** What a binary message comes as. */
export type BinaryType = "nodebuffer" | "arraybuffer" | "fragments" | "blob";
/** A message as the listeners get it; text is always a `Buffer`. Who sets `"blob"` gets a `Blob`, which `@types/ws` does not tell either. */
export type RawData = Buffer | ArrayBuffer | Buffer[];
/** A message as `onmessage` gets it. */
export type Data = string | RawData;

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
  if (Array.isArray(data)) return isPieces(data) ? Buffer.concat(data) : Buffer.from(data as number[]); // what is left of the union
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
      return new Blob([buffer]) as unknown as RawData; // see there
    default:
      return binaryType satisfies never;
  }
}

/** As `"fragments"` gives them. `ws` would make a byte of each. */
function isPieces(list: readonly unknown[]): list is readonly Uint8Array[] {
  return list.every((piece) => piece instanceof Uint8Array);
}
