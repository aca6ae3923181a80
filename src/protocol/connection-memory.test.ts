import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { Connection } from "./connection.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** What is held now: the heap and the array buffers beside it. The test runner's own share moves by up to half a megabyte. */
function heldBytes(): number {
  // Array buffers are freed by a sweeper beside the collector; the second collection waits for it.
  collectGarbage();
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function makeClient(): Connection {
  return new Connection({
    role: "client",
    createMaskingKey: () => 0,
    maxFragmentCount: Infinity,
    maxMessageBytes: 2 ** 24,
  });
}

/** Feeds a first fragment of `header` and then it again and again, in chunks of 1,000 fragments. */
function feedFragments(connection: Connection, fragment: readonly number[], count: number): void {
  connection.receive(Uint8Array.of(0x02, 0x00));
  for (let done = 0; done < count; done += 1000) {
    connection.receive(
      Uint8Array.from({ length: 1000 * fragment.length }, (_none, at) => fragment[at % fragment.length] as number),
    );
  }
}

test("[LM3] CVE-2026-48779: four million fragments of one byte hold less than twice their payload", () => {
  const client = makeClient();
  const before = heldBytes();
  feedFragments(client, [0x00, 0x01, 0x61], 4_000_000);
  expect(heldBytes() - before).toBeLessThan(8_000_000);
  client.receive(Uint8Array.of(0x80, 0x00));
  expect(client.takeEvents()).toMatchObject([{ type: "message", opcode: "binary", data: { length: 4_000_000 } }]);
});

test("[LM3] CVE-2026-48779: four million empty fragments hold nothing", () => {
  const client = makeClient();
  const before = heldBytes();
  feedFragments(client, [0x00, 0x00], 4_000_000);
  expect(heldBytes() - before).toBeLessThan(2_000_000);
  client.receive(Uint8Array.of(0x80, 0x00));
  expect(client.takeEvents()).toMatchObject([{ type: "message", data: { length: 0 } }]);
});

test("[LM4] headers that announce 16 MiB reserve nothing; what has arrived is given at most four times its room", () => {
  const clients = Array.from({ length: 200 }, makeClient);
  const before = heldBytes();
  for (const client of clients) client.receive(Uint8Array.of(0x82, 0x7f, 0, 0, 0, 0, 0x01, 0, 0, 0));
  expect(heldBytes() - before).toBeLessThan(2_000_000);
  for (const client of clients) client.receive(new Uint8Array(100_000));
  expect(heldBytes() - before).toBeLessThan(200 * 4 * 100_000 + 2_000_000);
  expect(clients.every((client) => client.isMidMessage)).toBe(true);
});

test("[LM4] a message that arrives in chunks never holds more than it announced", () => {
  const clients = Array.from({ length: 100 }, makeClient);
  const before = heldBytes();
  for (const client of clients) {
    client.receive(Uint8Array.of(0x82, 0x7f, 0, 0, 0, 0, 0, 0x01, 0x86, 0xa0)); // 100,000
    client.receive(new Uint8Array(80_000));
    client.receive(new Uint8Array(19_999));
  }
  expect(heldBytes() - before).toBeLessThan(100 * 120_000);
  expect(clients.every((client) => client.isMidMessage)).toBe(true);
});

test("[FR15] 10,000 messages of 10 bytes that the application keeps do not hold the chunks they came in", () => {
  const client = makeClient();
  const before = heldBytes();
  const kept: unknown[] = [];
  for (let count = 0; count < 10_000; count++) {
    const chunk = new Uint8Array(4096);
    chunk.set([0x82, 10]);
    chunk.fill(0x61, 2, 12);
    // The rest of the chunk: one message of another kind, which is not kept.
    chunk.set([0x82, 0x7e, (4096 - 16) >> 8, (4096 - 16) & 0xff], 12);
    client.receive(chunk);
    kept.push(client.takeEvents()[0]);
  }
  expect(heldBytes() - before).toBeLessThan(8_000_000);
  expect(kept).toHaveLength(10_000);
});
