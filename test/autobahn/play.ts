import { expect } from "vitest";
import { rawFrame, type RawFrame } from "../raw-peer.ts";
import { type AutobahnCase, close, type FrameStep } from "./case.ts";
import type { SuiteSide } from "./echo.ts";

/** Plays a case against the other side of `peer`, an echo, and expects what the suite calls OK, never NON-STRICT. */
export async function play({ peer, masks }: SuiteSide, one: AutobahnCase): Promise<void> {
  const received: RawFrame[] = [];
  const readOn = async (): Promise<RawFrame> => {
    const frame = await peer.readFrame();
    received.push(frame);
    return frame;
  };
  // In one packet, if it may be: what comes together is the harder case.
  const isChopped = one.steps.some((step) => step.type === "frame" && step.chopBytes !== undefined);
  let pending: Uint8Array[] = [];
  const flush = (): void => {
    for (const piece of isChopped ? pending : [Buffer.concat(pending)]) peer.write(piece);
    pending = [];
  };
  for (const step of one.steps) {
    if (step.type !== "await") pending.push(...chop(step, masks));
    else {
      flush();
      while (received.length < step.frameCount) await readOn();
    }
  }
  flush();
  while (received.length < one.answers.length) await readOn();
  if (one.closes) peer.write(Buffer.concat(chop(close(1000), masks)));
  const last = await readOn();
  expect(received.slice(0, -1).map(({ opcode, payload }) => `${opcode} ${payload.toString("hex")}`)).toEqual(
    one.answers.map(([opcode, payload]) => `${opcode} ${Buffer.from(payload).toString("hex")}`),
  );
  expect(last.opcode).toBe(8);
  expect(last.payload.length < 2 ? undefined : last.payload.readUInt16BE()).toBe(one.closeCode);
  expect(received.every((frame) => frame.isMasked !== masks)).toBe(true);
}

/** The bytes of a step, cut as it says. */
function chop(step: FrameStep, masks: boolean): Uint8Array[] {
  const whole = rawFrame(0, step.payload, { maskingKey: masks ? 0x37fa213d : undefined });
  whole[0] = step.first;
  if (step.type === "part") return [whole.subarray(0, whole.length - step.payload.length + step.to)];
  const { chopBytes = whole.length } = step;
  const count = Math.ceil(whole.length / chopBytes);
  return Array.from({ length: count }, (_, index) => whole.subarray(index * chopBytes, (index + 1) * chopBytes));
}
