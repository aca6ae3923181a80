/** A frame by its first byte: FIN, RSV and opcode. */
export type FrameStep =
  | {
      readonly type: "frame";
      readonly first: number;
      readonly payload: Uint8Array;
      /** Its bytes are written in pieces of this size. */
      readonly chopBytes?: number | undefined;
    }
  /** Only its header and so many bytes of its payload. */
  | { readonly type: "part"; readonly first: number; readonly payload: Uint8Array; readonly to: number };

/** What the suite's peer does. `await`: it waits until the other side has sent so many frames in all. */
export type Step = FrameStep | { readonly type: "await"; readonly frameCount: number };

/** One case of the Autobahn suite, as we read it. */
export interface AutobahnCase {
  readonly id: string;
  readonly title: string;
  readonly steps: readonly Step[];
  /** The frames that must come back before the end, in order: opcode and payload. */
  readonly answers: readonly (readonly [opcode: number, payload: Uint8Array])[];
  /** The code of the close frame that must come: ours in answer to the suite's 1000, or for a fault. `undefined`: one without a code. */
  readonly closeCode: number | undefined;
  /** Whether the suite closes, with 1000, when all answers have come. */
  readonly closes: boolean;
}

const final = 0x80;

export function bytes(text: string | Uint8Array): Uint8Array {
  return typeof text === "string" ? Buffer.from(text) : text;
}

export function text(payload: string | Uint8Array, chopBytes?: number): Step {
  return { type: "frame", first: final | 1, payload: bytes(payload), chopBytes };
}

export function binary(payload: string | Uint8Array, chopBytes?: number): Step {
  return { type: "frame", first: final | 2, payload: bytes(payload), chopBytes };
}

export function ping(payload: string | Uint8Array = "", chopBytes?: number): Step {
  return { type: "frame", first: final | 9, payload: bytes(payload), chopBytes };
}

export function pong(payload: string | Uint8Array = ""): Step {
  return { type: "frame", first: final | 10, payload: bytes(payload) };
}

export function close(code?: number, reason: string | Uint8Array = ""): FrameStep {
  const codeBytes = code === undefined ? [] : [code >> 8, code & 255];
  return { type: "frame", first: final | 8, payload: Buffer.concat([Buffer.from(codeBytes), bytes(reason)]) };
}

/** A frame with this first byte: FIN, RSV and opcode as they may not be. */
export function odd(first: number, payload: string | Uint8Array = "", chopBytes?: number): Step {
  return { type: "frame", first, payload: bytes(payload), chopBytes };
}

/** The fragments of a message. */
export function fragments(
  opcode: 1 | 2,
  payloads: readonly (string | Uint8Array)[],
  chopBytes?: number,
): readonly Step[] {
  return payloads.map((payload, index) =>
    odd((index === payloads.length - 1 ? final : 0) | (index === 0 ? opcode : 0), payload, chopBytes),
  );
}

/** The same payload in fragments of a size. */
export function cut(opcode: 1 | 2, payload: Uint8Array, size: number): readonly Step[] {
  const count = Math.max(1, Math.ceil(payload.length / size));
  return fragments(
    opcode,
    Array.from({ length: count }, (_, index) => payload.subarray(index * size, (index + 1) * size)),
  );
}

/** Everything is answered by these, and then the suite closes with 1000. */
export function answered(
  id: string,
  title: string,
  {
    steps,
    answers,
  }: { readonly steps: readonly Step[]; readonly answers: readonly (readonly [number, string | Uint8Array])[] },
): AutobahnCase {
  const whole = answers.map(([opcode, payload]) => [opcode, bytes(payload)] as const);
  return { id, title, steps, answers: whole, closeCode: 1000, closes: true };
}

/** The connection is failed with this code, after the answers to what came before. */
export function failed(
  id: string,
  title: string,
  {
    steps,
    answers = [],
    code = 1002,
  }: {
    readonly steps: readonly Step[];
    readonly answers?: readonly (readonly [number, string | Uint8Array])[];
    readonly code?: number | undefined;
  },
): AutobahnCase {
  const whole = answers.map(([opcode, payload]) => [opcode, bytes(payload)] as const);
  return { id, title, steps, answers: whole, closeCode: code, closes: false };
}
