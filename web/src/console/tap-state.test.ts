import { expect, test } from "vitest";
import { noTap, startTap, takeFrames } from "./tap-state.ts";

/** A frame of the server, as the tap sends it. */
function frame(number: number, text: string): Parameters<typeof takeFrames>[1]["frames"][number] {
  const payload = new TextEncoder().encode(text);
  const bytes = Uint8Array.of(0x81, payload.length, ...payload);
  return { number, atMs: 0, direction: "out", bytes: btoa(String.fromCharCode(...bytes)), byteCount: bytes.length };
}

const says = (text: string): string | undefined =>
  takeFrames(startTap({ connection: 1 }), { type: "frames", frames: [frame(1, text)], droppedCount: 0 }).frames[0]
    ?.says;

test("[CV4] a tapped frame is told in a line: type, channel, event and place", () => {
  expect(says('{"type":"event","channel":"chat/a","event":"said","offset":7,"data":{"type":"x"}}')).toBe(
    "event chat/a said #7",
  );
  expect(says('{"type":"ack","id":3}\n{"type":"ack","id":4}')).toBe("ack and 1 more");
  expect(says('{"type":"event","channel":"chat/a","event":"sa')).toBe("event chat/a");
});

test("[CV4] what is no message of ours is told as it begins", () => {
  expect(says("hello")).toBe("hello");
  expect(says('{"event":"said"}')).toBe('{"event":"said"}');
});

test("[CV4] the newest 500 frames are kept, and those that were not shown are counted", () => {
  let state = startTap({ channel: "chat/a" });
  for (let number = 1; number <= 501; number += 1) {
    state = takeFrames(state, { type: "frames", frames: [frame(number, "x")], droppedCount: 2 });
  }
  expect(state.frames).toHaveLength(500);
  expect([state.frames[0]?.number, state.droppedCount]).toEqual([2, 1_002]);
  expect(
    takeFrames(noTap, { type: "frames", frames: [{ ...frame(1, ""), bytes: "" }], droppedCount: 0 }).frames,
  ).toEqual([]);
});
