import type { InspectedFrame } from "./inspection.ts";

const previewBytes = 60;
const opcodeNames: Readonly<Record<number, string>> = {
  0: "continuation",
  1: "text",
  2: "binary",
  8: "close",
  9: "ping",
  10: "pong",
};

type Tapped = Omit<InspectedFrame, "afterMs" | "direction">;

/** Reads frame headers from a stream that goes by, whatever they say: judging them is the connection's. */
export class FrameTap {
  /** The header that is not complete yet. */
  #pending: Uint8Array = new Uint8Array();
  /** How much of the current payload is still to come. */
  #skipBytes = 0;

  /** The frames that begin in this chunk, or whose header it completes. */
  receive(chunk: Uint8Array): readonly Tapped[] {
    const frames: Tapped[] = [];
    let bytes: Uint8Array = Buffer.concat([this.#pending, chunk.subarray(this.#skipBytes)]);
    this.#skipBytes = Math.max(0, this.#skipBytes - chunk.length);
    for (;;) {
      const headerBytes = readHeaderBytes(bytes);
      if (headerBytes === undefined || bytes.length < headerBytes) break;
      const frame = readFrame(bytes, headerBytes);
      frames.push(frame);
      this.#skipBytes = Math.max(0, headerBytes + frame.payloadBytes - bytes.length);
      bytes = bytes.subarray(Math.min(headerBytes + frame.payloadBytes, bytes.length));
    }
    this.#pending = bytes;
    return frames;
  }
}

/** 2 to 14; undefined while the second byte, which says so, is missing. */
function readHeaderBytes(bytes: Uint8Array): number | undefined {
  const second = bytes[1];
  if (second === undefined) return undefined;
  const form = second & 0x7f;
  return 2 + (form === 127 ? 8 : form === 126 ? 2 : 0) + (second >= 0x80 ? 4 : 0);
}

function readFrame(bytes: Uint8Array, headerBytes: number): Tapped {
  const view = new DataView(bytes.buffer, bytes.byteOffset, headerBytes);
  const [first, second] = [view.getUint8(0), view.getUint8(1)];
  const form = second & 0x7f;
  const payloadBytes = form === 127 ? Number(view.getBigUint64(2)) : form === 126 ? view.getUint16(2) : form;
  const frame = {
    opcode: opcodeNames[first & 0x0f] ?? String(first & 0x0f),
    isFinal: first >= 0x80,
    rsv1: (first & 0x40) !== 0,
    isMasked: second >= 0x80,
    payloadBytes,
  };
  const preview = readPreview(frame, bytes.subarray(headerBytes, headerBytes + Math.min(payloadBytes, previewBytes)));
  return preview === undefined ? frame : { ...frame, preview };
}

function readPreview({ opcode, rsv1, isMasked, payloadBytes }: Tapped, start: Uint8Array): string | undefined {
  if (isMasked || rsv1 || payloadBytes === 0) return undefined;
  if (opcode === "close") return closePreview(start);
  return opcode === "text" ? new TextDecoder().decode(start, { stream: true }) : undefined;
}

function closePreview(payload: Uint8Array): string {
  const code = (payload[0] ?? 0) * 256 + (payload[1] ?? 0);
  return `${code} ${new TextDecoder().decode(payload.subarray(2), { stream: true })}`.trim();
}
