import type { Role } from "../../src/protocol/index.ts";

/** What a stream of frames means, in the fewest words: a failure is its code. */
export type ReferenceEvent =
  | { readonly type: "text"; readonly data: string }
  | { readonly type: "binary" | "ping" | "pong"; readonly data: Buffer }
  | { readonly type: "close"; readonly code: number; readonly reason: string }
  | { readonly type: "fail"; readonly code: number };

interface Frame {
  readonly first: number;
  readonly opcode: number;
  readonly announcedBytes: bigint;
  /** What there is of it. */
  readonly payload: Buffer;
  readonly isWhole: boolean;
}

interface Limits {
  readonly role: Role;
  readonly maxMessageBytes: number;
  readonly maxFragmentCount: number;
}

interface Message {
  readonly opcode: number;
  readonly parts: readonly Buffer[];
}

/** What a frame does to the message it belongs to; `message` is undefined when that has come to its end. */
interface Step {
  readonly event?: ReferenceEvent;
  readonly message?: Message | undefined;
}

/** RFC 6455 §5 and §7 once more, slow and plain: the whole stream is there, lengths are bigints, nothing is kept between calls. */
export function readFrames(bytes: Buffer, limits: Limits): ReferenceEvent[] {
  const events: ReferenceEvent[] = [];
  let message: Message | undefined;
  for (let at = 0; ;) {
    const read = readFrame(bytes.subarray(at), limits.role);
    if (read === "incomplete") return events;
    if (read === "fault") return [...events, fail(1002)];
    const { frame, frameBytes } = read;
    const step: Step = frame.opcode >= 8 ? readControl(frame, message) : readData(frame, message, limits);
    if (step.event !== undefined) events.push(step.event);
    if (step.event?.type === "fail" || step.event?.type === "close" || !frame.isWhole) return events;
    message = step.message;
    at += frameBytes;
  }
}

function readData(frame: Frame, message: Message | undefined, limits: Limits): Step {
  if ((frame.opcode === 0) !== (message !== undefined)) return { event: fail(1002) };
  const opcode = message?.opcode ?? frame.opcode;
  const before = message?.parts ?? [];
  const announced = BigInt(Buffer.concat(before).length) + frame.announcedBytes;
  if (announced > BigInt(limits.maxMessageBytes)) return { event: fail(1009) };
  if (before.length === limits.maxFragmentCount) return { event: fail(1008) };
  const parts = [...before, frame.payload];
  const whole = Buffer.concat(parts);
  const isLast = frame.first >= 128 && frame.isWhole;
  const text = opcode === 1 ? decode(whole, isLast) : "";
  if (text === undefined) return { event: fail(1007) };
  if (!isLast) return { message: { opcode, parts } };
  return { event: opcode === 1 ? { type: "text", data: text } : { type: "binary", data: whole } };
}

function fail(code: number): ReferenceEvent {
  return { type: "fail", code };
}

function isControlLength(opcode: number, length: number): boolean {
  if (opcode < 8) return true;
  return length <= 125 && !(opcode === 8 && length === 1); // one byte has no room for a code
}

function readFrame(bytes: Buffer, role: Role): { frame: Frame; frameBytes: number } | "incomplete" | "fault" {
  const [first, second] = bytes;
  if (first === undefined) return "incomplete";
  const opcode = first & 15;
  if ((first & 0x70) !== 0 || ![0, 1, 2, 8, 9, 10].includes(opcode) || (opcode >= 8 && first < 128)) return "fault";
  if (second === undefined) return "incomplete";
  if (second >= 128 !== (role === "server") || !isControlLength(opcode, second & 127)) return "fault";
  const length = readLength(bytes);
  if (typeof length === "string") return length;
  const { announcedBytes, lengthEnd } = length;
  const headBytes = lengthEnd + (role === "server" ? 4 : 0);
  if (bytes.length < headBytes) return "incomplete";
  const frameBytes = Number(announcedBytes) + headBytes;
  const key = role === "server" ? bytes.subarray(lengthEnd, headBytes) : [0, 0, 0, 0];
  const payload = Buffer.from(bytes.subarray(headBytes, frameBytes).map((byte, index) => byte ^ (key[index % 4] ?? 0)));
  return { frame: { first, opcode, announcedBytes, payload, isWhole: bytes.length >= frameBytes }, frameBytes };
}

function readLength(bytes: Buffer): { announcedBytes: bigint; lengthEnd: number } | "incomplete" | "fault" {
  const form = (bytes[1] ?? 0) & 127;
  if (form < 126) return { announcedBytes: BigInt(form), lengthEnd: 2 };
  if (form === 126) {
    if (bytes.length < 4) return "incomplete";
    const announcedBytes = BigInt(bytes.readUInt16BE(2));
    return announcedBytes < 126n ? "fault" : { announcedBytes, lengthEnd: 4 };
  }
  if ((bytes[2] ?? 0) >= 128) return "fault";
  if (bytes.length < 10) return "incomplete";
  const announcedBytes = bytes.readBigUInt64BE(2);
  return announcedBytes < 65_536n ? "fault" : { announcedBytes, lengthEnd: 10 };
}

function readControl({ opcode, payload, isWhole }: Frame, message: Message | undefined): Step {
  if (!isWhole) return {};
  if (opcode !== 8) return { event: { type: opcode === 9 ? "ping" : "pong", data: payload }, message };
  if (payload.length === 0) return { event: { type: "close", code: 1005, reason: "" } };
  const code = payload.readUInt16BE(0);
  const isCode = (code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code)) || (code >= 3000 && code <= 4999);
  if (!isCode) return { event: fail(1002) };
  const reason = decode(payload.subarray(2), true);
  return { event: reason === undefined ? fail(1007) : { type: "close", code, reason } };
}

/** The text, or `undefined` if it is not UTF-8 so far. The platform's decoder stops at the first byte that cannot be right. */
function decode(bytes: Buffer, isLast: boolean): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes, { stream: !isLast });
  } catch {
    return undefined;
  }
}
