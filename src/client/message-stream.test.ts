import { expect, test } from "vitest";
import { ClientError } from "./errors.ts";
import { MessageStream } from "./message-stream.ts";

function make(maxBufferedCount = 2): { stream: MessageStream<number>; ended: () => number } {
  let endedCount = 0;
  const stream = new MessageStream<number>({ maxBufferedCount, ended: () => (endedCount += 1) });
  return { stream, ended: () => endedCount };
}

async function read(stream: MessageStream<number>): Promise<number[]> {
  const items: number[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

test("[CC20] a loop reads what came before it asked and what comes after", async () => {
  const { stream } = make();
  stream.push(1);
  stream.push(2);
  const asked = [stream.next(), stream.next(), stream.next(), stream.next()];
  stream.push(3);
  stream.push(4);
  expect((await Promise.all(asked)).map(({ value }) => value)).toEqual([1, 2, 3, 4]);
});

test("[CC20] an end lets the loop read what is there, then leaves it", async () => {
  const { stream, ended } = make();
  stream.push(1);
  stream.end();
  stream.push(2);
  expect([await read(stream), ended()]).toEqual([[1], 1]);
});

test("[CC20] a loop that waits is ended", async () => {
  const { stream } = make();
  const reading = read(stream);
  stream.end();
  expect(await reading).toEqual([]);
});

test("[CC20] an error is thrown once, after what is there", async () => {
  const { stream } = make();
  stream.push(1);
  stream.end(new ClientError("FORBIDDEN", "no"));
  expect(await stream.next()).toEqual({ done: false, value: 1 });
  await expect(stream.next()).rejects.toThrow("no");
  expect(await stream.next()).toEqual({ done: true, value: undefined });
});

test("[CC20] a loop may be maxBufferedCount behind; one more ends it with TOO_SLOW, loses nothing before, and says so", async () => {
  const { stream, ended } = make(2);
  stream.push(1);
  stream.push(2);
  expect(ended()).toBe(0);
  stream.push(3);
  expect(ended()).toBe(1);
  expect([(await stream.next()).value, (await stream.next()).value]).toEqual([1, 2]);
  await expect(stream.next()).rejects.toMatchObject({ code: "TOO_SLOW" });
});

test("[CC27] an item takes the place of one that was not read yet, at the end of the line", async () => {
  const { stream } = make(2);
  for (const item of [10, 20, 11]) stream.push(item, (older) => older % 10 !== item % 10 && older < 15);
  stream.end();
  expect(await read(stream)).toEqual([20, 11]);
});

test("[CC20] leaving the loop ends the stream", async () => {
  const { stream, ended } = make();
  stream.push(1);
  stream.push(2);
  for await (const item of stream) if (item === 1) break;
  expect([ended(), await stream.next()]).toEqual([1, { done: true, value: undefined }]);
});
