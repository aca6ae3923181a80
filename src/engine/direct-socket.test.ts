import { once } from "node:events";
import { closeSync, fstatSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { type AddressInfo, connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { connectPair as connectSockets, readBytes, type SocketPair } from "../../test/socket-pair.ts";
import { deferred } from "./deferred.ts";
import { type DirectOwner, DirectSocket } from "./direct-socket.ts";

const cleanups: (() => unknown)[] = [];
const noOwner: DirectOwner = { settle() {} };

afterEach(() => {
  for (const cleanup of cleanups.splice(0).toReversed()) cleanup();
});

async function connectPair(): Promise<SocketPair> {
  const pair = await connectSockets();
  cleanups.push(() => pair.close());
  return pair;
}

test("[EN131] bytes that are kept are written at once, and a list of one too", async () => {
  const { ours, theirs } = await connectPair();
  const direct = new DirectSocket(ours, noOwner);
  expect([direct.writeKept(Buffer.from("abc")), direct.queuedBytes]).toEqual([3, 0]);
  expect(direct.write([Buffer.from("d")])).toBe(1);
  expect((await readBytes(theirs, 4)).toString()).toBe("abcd");
});

/** Writes numbered pieces until one has to wait. */
async function fill(direct: DirectSocket, pieceBytes: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  while (direct.queuedBytes === 0) {
    const piece = Buffer.alloc(pieceBytes, pieces.length % 251);
    expect(direct.writeKept(piece)).toBe(pieceBytes);
    pieces.push(piece);
    if (pieces.length % 16 === 0) await turn();
  }
  return Buffer.concat(pieces);
}

test("[EN131] what a full socket does not take of up to 64 KiB waits below the stream, is counted, and comes before what is written then", async () => {
  const { ours, theirs } = await connectPair();
  theirs.pause();
  const settled = deferred<void>();
  const direct = new DirectSocket(ours, { settle: () => settled.resolve() });
  const sent = await fill(direct, 65_536);
  expect(direct.queuedBytes).toBe((ours as unknown as { _handle: { writeQueueSize: number } })._handle.writeQueueSize);
  ours.write("behind");
  const back = readBytes(theirs, sent.length + 6);
  theirs.resume();
  await settled.promise;
  expect(direct.queuedBytes).toBe(0);
  expect((await back).equals(Buffer.concat([sent, Buffer.from("behind")]))).toBe(true);
  expect(direct.writeKept(Buffer.from("on"))).toBe(2);
});

test("[EN131] of more than 64 KiB only what the system takes is taken: a slow peer shows progress", async () => {
  const { ours, theirs } = await connectPair();
  theirs.pause();
  const direct = new DirectSocket(ours, noOwner);
  const piece = Buffer.alloc(65_537);
  let takenBytes = piece.length;
  while (takenBytes === piece.length) takenBytes = direct.writeKept(piece);
  expect([takenBytes < piece.length, direct.queuedBytes]).toEqual([true, 0]);
});

test("[EN131] a socket that is cut, or whose peer is gone, while bytes wait below the stream, settles with none of them queued", async () => {
  for (const cut of [({ ours }: SocketPair) => ours.destroy(), ({ theirs }: SocketPair) => theirs.resetAndDestroy()]) {
    const pair = await connectPair();
    pair.theirs.pause();
    const settled = deferred<void>();
    const closed = new Promise((resolve) => pair.ours.once("close", resolve));
    pair.ours.on("error", () => {});
    const direct = new DirectSocket(pair.ours, { settle: () => settled.resolve() });
    await fill(direct, 65_536);
    cut(pair);
    await Promise.all([settled.promise, closed]);
    expect([direct.queuedBytes, direct.writeKept(Buffer.from("x"))]).toEqual([0, 0]);
  }
});

test("[EN131] where a handle cannot be written to, the file's way is taken", async () => {
  const { ours, theirs } = await connectPair();
  Object.assign((ours as unknown as { _handle: object })._handle, { writeBuffer: undefined });
  const direct = new DirectSocket(ours, noOwner);
  expect([direct.writeKept(Buffer.from("abc")), direct.queuedBytes]).toEqual([3, 0]);
  expect((await readBytes(theirs, 3)).toString()).toBe("abc");
});

test("[EN131] a socket that is full, busy, connecting or gone is not written past its stream", async () => {
  const { ours } = await connectPair();
  const block = Buffer.alloc(2 ** 20);
  const direct = new DirectSocket(ours, noOwner);
  while (direct.write([block]) === block.length) await turn();
  expect(direct.write([block])).toBe(0);
  ours.write("x");
  expect(ours.writableLength).toBe(1);
  expect(direct.write([Buffer.from("y")])).toBe(0);
  const early = connectTcp((ours.address() as AddressInfo).port, "127.0.0.1");
  early.on("error", () => {});
  cleanups.push(() => early.destroy());
  expect(new DirectSocket(early, noOwner).write([Buffer.from("z")])).toBe(0);
  ours.destroy();
  expect(direct.write([Buffer.from("y")])).toBe(0);
});

test("[EN131] what the stream still holds is not overtaken, though the system has room", async () => {
  const { ours } = await connectPair();
  const direct = new DirectSocket(ours, noOwner);
  ours.cork();
  ours.write("first");
  expect(direct.write([Buffer.from("second")])).toBe(0);
  ours.uncork();
});

test("[EN131] the number of a socket that is gone is another's, and is not written to", async () => {
  const { ours } = await connectPair();
  const direct = new DirectSocket(ours, noOwner);
  expect(direct.write([Buffer.from("a")])).toBe(1);
  ours.destroy();
  await once(ours, "close");
  const folder = mkdtempSync(join(tmpdir(), "switchboard-"));
  // The lowest number that is free is given out first: among these files is one that has the socket's.
  const files = Array.from({ length: 20 }, (_, index) => openSync(join(folder, `${index}`), "w"));
  cleanups.push(() => {
    for (const file of files) closeSync(file);
    rmSync(folder, { recursive: true });
  });
  expect(direct.write([Buffer.from("b")])).toBe(0);
  expect(files.map((file) => fstatSync(file).size)).toEqual(files.map(() => 0));
});

test("[EN131] two sockets can have bytes below their streams at once", async () => {
  const pairs = [await connectPair(), await connectPair()];
  const sides = pairs.map(({ ours, theirs }) => {
    theirs.pause();
    const settled = deferred<void>();
    return { theirs, settled, direct: new DirectSocket(ours, { settle: () => settled.resolve() }) };
  });
  const sent: Buffer[] = [];
  for (const { direct } of sides) sent.push(await fill(direct, 65_536));
  const back = sides.map(({ theirs }, index) => readBytes(theirs, sent[index]?.length ?? 0));
  for (const { theirs } of sides) theirs.resume();
  await Promise.all(sides.map(({ settled }) => settled.promise));
  expect((await Promise.all(back)).map((bytes, index) => bytes.equals(sent[index] as Buffer))).toEqual([true, true]);
});

test("[EN131] nothing counts as taken where the handle says that it failed", async () => {
  const { ours } = await connectPair();
  Object.assign((ours as unknown as { _handle: object })._handle, { writeBuffer: () => -32 });
  const direct = new DirectSocket(ours, noOwner);
  expect([direct.writeKept(Buffer.from("abc")), direct.queuedBytes]).toEqual([0, 0]);
});
