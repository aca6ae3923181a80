import { expect, test } from "vitest";
import { Outbox } from "./outbox.ts";

const rest = { hasBytes: false, isSilent: false, uncertainSinceMs: undefined };

function boxOf(...tickets: number[]): Outbox {
  const outbox = new Outbox();
  for (const ticket of tickets) {
    outbox.add({ ticket, event: "e", id: `m${ticket}`, data: "{}", ...rest });
  }
  return outbox;
}

test("[CC11] one is in flight, the next comes when it is answered", () => {
  const outbox = boxOf(1, 2);
  const first = outbox.take(0)!;
  expect([first.ticket, outbox.take(0)]).toEqual([1, undefined]);
  expect(outbox.remove(first)).toBe(true);
  expect(outbox.take(0)?.ticket).toBe(2);
});

test("[CC11] what is put back is the next again, before later ones", () => {
  const outbox = boxOf(1, 2);
  outbox.putBack(outbox.take(0)!);
  expect(outbox.take(0)).toMatchObject({ ticket: 1, uncertainSinceMs: undefined });
});

test("[CC10] only a try that was in flight when the line broke makes the next one a retry, counted from the first such", () => {
  const outbox = boxOf(1, 2);
  outbox.putBack(outbox.take(10)!);
  outbox.take(20);
  outbox.loseLine();
  expect(outbox.take(50)).toMatchObject({ ticket: 1, uncertainSinceMs: 20 });
  outbox.loseLine();
  expect([...outbox].map(({ uncertainSinceMs }) => uncertainSinceMs)).toEqual([20, undefined]);
});

test("[CC10] it is taken out once", () => {
  const outbox = boxOf(1);
  const [only] = [...outbox];
  expect([outbox.remove(only!), outbox.remove(only!), outbox.take(0)]).toEqual([true, false, undefined]);
});
