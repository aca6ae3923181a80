import { hexOf } from "./bytes.ts";

/** One field of a frame's header, or its payload. */
export interface FramePart {
  readonly name: "FIN" | "RSV" | "opcode" | "MASK" | "length" | "extended length" | "masking key" | "payload";
  /** Which bytes it is in, counted from the frame's start. */
  readonly from: number;
  readonly to: number;
  /** Its bits, for a field that is less than a byte or is a length. */
  readonly bits?: string;
  readonly value: string;
  readonly why: string;
}

/** A frame as it is on the wire (RFC 6455 §5.2). */
export interface FrameAnatomy {
  readonly opcode: string;
  readonly isFinal: boolean;
  readonly isMasked: boolean;
  readonly payloadBytes: number;
  readonly headerBytes: number;
  readonly parts: readonly FramePart[];
  /** As it came, mask and all. */
  readonly bytes: Uint8Array;
  readonly maskingKey: Uint8Array | undefined;
  /** With the mask taken off. */
  readonly payload: Uint8Array;
  /** Whether all of it is here. */
  readonly isWhole: boolean;
}

const opcodes: Readonly<Record<number, readonly [name: string, why: string]>> = {
  0: ["continuation", "the next piece of a message that has begun"],
  1: ["text", "a message of UTF-8 text, or its first piece"],
  2: ["binary", "a message of bytes, or its first piece"],
  8: ["close", "the sender will send nothing more; two bytes of code and a reason may follow"],
  9: ["ping", "asks for a pong with the same payload; at most 125 bytes"],
  10: ["pong", "answers a ping, or says that the sender is alive"],
};

/** The name of an opcode, and what it is for. */
function describeOpcode(opcode: number): readonly [name: string, why: string] {
  return (
    opcodes[opcode] ?? [`reserved (${opcode})`, "no meaning is agreed on: whoever gets it must fail the connection"]
  );
}

/** The frames in some bytes, which begin with one. The last may be cut off. */
export function readFrames(bytes: Uint8Array): readonly FrameAnatomy[] {
  const frames: FrameAnatomy[] = [];
  for (let at = 0; at + 2 <= bytes.length;) {
    const frame = readFrame(bytes.subarray(at));
    if (frame === undefined) break;
    frames.push(frame);
    at += frame.headerBytes + frame.payloadBytes;
  }
  return frames;
}

function readFrame(bytes: Uint8Array): FrameAnatomy | undefined {
  const [first = 0, second = 0] = bytes;
  const form = second & 0x7f;
  const lengthEnd = form === 127 ? 10 : form === 126 ? 4 : 2;
  const isMasked = second >= 0x80;
  const headerBytes = lengthEnd + (isMasked ? 4 : 0);
  if (bytes.length < headerBytes) return undefined;
  const payloadBytes = form < 126 ? form : readNumber(bytes.subarray(2, lengthEnd));
  const maskingKey = isMasked ? bytes.slice(lengthEnd, headerBytes) : undefined;
  const raw = bytes.slice(headerBytes, headerBytes + payloadBytes);
  const payload = raw.map((byte, index) => byte ^ (maskingKey?.[index % 4] ?? 0));
  const [opcode] = describeOpcode(first & 0x0f);
  return {
    opcode,
    isFinal: first >= 0x80,
    isMasked,
    payloadBytes,
    headerBytes,
    parts: [
      ...headerParts(first, second),
      ...lengthParts(form, lengthEnd, payloadBytes),
      ...maskParts(maskingKey, lengthEnd),
      ...payloadParts({ headerBytes, payloadBytes, isMasked }),
    ],
    bytes: bytes.slice(0, headerBytes + payloadBytes),
    maskingKey,
    payload,
    isWhole: raw.length === payloadBytes,
  };
}

function headerParts(first: number, second: number): readonly FramePart[] {
  const bits = first.toString(2).padStart(8, "0");
  const [name, why] = describeOpcode(first & 0x0f);
  const isFinal = first >= 0x80;
  const isMasked = second >= 0x80;
  return [
    {
      name: "FIN",
      from: 0,
      to: 1,
      bits: bits.slice(0, 1),
      value: isFinal ? "1: the last piece" : "0: more pieces follow",
      why: "A message may come in several frames; this bit stands on the last.",
    },
    {
      name: "RSV",
      from: 0,
      to: 1,
      bits: bits.slice(1, 4),
      value: bits.slice(1, 4) === "000" ? "000: no extension" : `${bits.slice(1, 4)}: an extension uses them`,
      why: "Kept for extensions: permessage-deflate sets the first one on a compressed message. Without one all must be 0.",
    },
    { name: "opcode", from: 0, to: 1, bits: bits.slice(4), value: `${first & 0x0f}: ${name}`, why: `It is ${why}.` },
    {
      name: "MASK",
      from: 1,
      to: 2,
      bits: isMasked ? "1" : "0",
      value: isMasked ? "1: the payload is masked" : "0: the payload is as it is",
      why: "A client must mask, a server must not. Either one getting it wrong ends the connection with 1002.",
    },
  ];
}

function lengthParts(form: number, lengthEnd: number, payloadBytes: number): readonly FramePart[] {
  const bits = form.toString(2).padStart(7, "0");
  const value = form < 126 ? `${form}` : `${form}: the next ${form === 126 ? "2" : "8"} bytes say`;
  const why =
    "0 to 125 is the length itself; 126 means that 2 bytes follow with it, 127 that 8 do. The shortest form must be used.";
  const short: FramePart = { name: "length", from: 1, to: 2, bits, value, why };
  if (form < 126) return [short];
  return [
    short,
    {
      name: "extended length",
      from: 2,
      to: lengthEnd,
      value: payloadBytes.toLocaleString("en"),
      why: "The length as an unsigned number, its highest byte first.",
    },
  ];
}

function maskParts(key: Uint8Array | undefined, from: number): readonly FramePart[] {
  if (key === undefined) return [];
  const why =
    "Four random bytes, new for each frame: the page cannot choose what goes over the wire, so it cannot fake HTTP to a proxy.";
  return [{ name: "masking key", from, to: from + 4, value: hexOf(key), why }];
}

function payloadParts({
  headerBytes,
  payloadBytes,
  isMasked,
}: {
  readonly headerBytes: number;
  readonly payloadBytes: number;
  readonly isMasked: boolean;
}): readonly FramePart[] {
  if (payloadBytes === 0) return [];
  const why = isMasked ? "Byte i is the true one XOR byte i mod 4 of the masking key." : "The bytes themselves.";
  return [{ name: "payload", from: headerBytes, to: headerBytes + payloadBytes, value: `${payloadBytes}`, why }];
}

function readNumber(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0);
}

/** What a frame says, for a person. */
export function describePayload({ opcode, payload }: FrameAnatomy): string {
  if (opcode === "close" && payload.length >= 2) {
    const [high = 0, low = 0] = payload;
    return `${high * 256 + low} ${new TextDecoder().decode(payload.subarray(2))}`.trim();
  }
  const isText = opcode === "text" || opcode === "ping" || opcode === "pong";
  return isText ? new TextDecoder().decode(payload) : hexOf(payload.subarray(0, 64));
}
