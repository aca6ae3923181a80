import { expect, test } from "vitest";
import { addPoll, addPush, idleRace, median, type RaceState } from "./race-state.ts";

const running: RaceState = { ...idleRace, phase: "running" };

function answer(saidAtMs: readonly number[], nowMs: number, byteCount = 0): Parameters<typeof addPoll>[1]["answer"] {
  return {
    nowMs,
    messages: saidAtMs.map((at, index) => ({ index, saidAtMs: at })),
    isOver: false,
    requestCount: 0,
    byteCount,
  };
}

test("[LB9] delays are taken by both clocks, and the quickest round trip tells how far these are apart", () => {
  let race = addPoll(running, { answer: answer([1000, 1050], 1100), askedAtMs: 80, receivedAtMs: 120 });
  expect(race.poll.delaysMs).toEqual([-880, -930]);
  expect(race.clock).toEqual({ roundTripMs: 40, offsetMs: 1000 });
  race = addPoll(race, { answer: answer([], 1207), askedAtMs: 200, receivedAtMs: 210 });
  expect(race.clock).toEqual({ roundTripMs: 10, offsetMs: 1002 });
  race = addPoll(race, { answer: answer([], 9999), askedAtMs: 300, receivedAtMs: 311 });
  expect(race.clock.offsetMs).toBe(1002);
  expect(race.poll.roundTripCount).toBe(3);
});

test("[LB9] a push costs the two bytes of a small frame's header and its text, and no request", () => {
  const text = '{"index":0,"saidAtMs":7}';
  expect(addPush(running, { text, receivedAtMs: 9 }).push).toEqual({
    delaysMs: [2],
    roundTripCount: 0,
    byteCount: text.length + 2,
  });
});

test("[LB9] the race is over when all messages came both ways", () => {
  const all = Array.from({ length: 20 }, (_, index) => index);
  let race = addPoll(running, { answer: answer(all, 0, 500), askedAtMs: 0, receivedAtMs: 1 });
  for (const index of all.slice(1)) race = addPush(race, { text: `{"index":${index},"saidAtMs":0}`, receivedAtMs: 1 });
  expect(race.phase).toBe("running");
  race = addPush(race, { text: '{"index":0,"saidAtMs":0}', receivedAtMs: 1 });
  expect(race).toMatchObject({ phase: "over", poll: { byteCount: 500 } });
});

test("[LB9] the median is the middle one", () => {
  expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 3]);
  expect(median([])).toBeNaN();
});
