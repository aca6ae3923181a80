import fc from "fast-check";
import { expect, test } from "vitest";
import { Connection, type ConnectionEvent } from "./connection.ts";
import type { Role } from "./connection-options.ts";
import { encodeFrame, type Opcode } from "./frame.ts";

function makeConnection(role: Role): Connection {
  let key = 1;
  return new Connection({ role, createMaskingKey: () => (key = Math.imul(key, 48271) | 1) });
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** Cuts bytes into chunks of the given lengths, again and again; each is a copy, for it is unmasked in place. */
function cut(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const length = lengths[turn % lengths.length] as number;
    chunks.push(bytes.slice(at, at + length));
    at += length;
  }
  return chunks;
}

function receiveAll(connection: Connection, chunks: readonly Uint8Array[]): ConnectionEvent[] {
  return chunks.flatMap((chunk) => {
    connection.receive(chunk);
    return [...connection.takeEvents()];
  });
}

const chunkLengths = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 8 });
const roles = fc.constantFrom<Role>("server", "client");
const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.integer({ min: 0, max: 70_000 }).map((length) => "é".repeat(length / 2)),
);
const data = fc.oneof(
  text,
  fc.uint8Array({ maxLength: 300 }),
  fc.integer({ min: 0, max: 70_000 }).map((length) => new Uint8Array(length)),
);

type Send =
  | { readonly type: "message"; readonly data: string | Uint8Array }
  | { readonly type: "ping" | "pong"; readonly data: Uint8Array }
  | { readonly type: "pieces"; readonly pieces: readonly Uint8Array[] };

const sends: fc.Arbitrary<Send> = fc.oneof(
  fc.record({ type: fc.constant("message" as const), data }),
  fc.record({ type: fc.constantFrom("ping" as const, "pong" as const), data: fc.uint8Array({ maxLength: 125 }) }),
  fc.record({
    type: fc.constant("pieces" as const),
    pieces: fc.array(fc.uint8Array({ maxLength: 200 }), { minLength: 1, maxLength: 5 }),
  }),
);

function send(connection: Connection, what: Send): Uint8Array[] {
  if (what.type === "ping") return [connection.sendPing(what.data)];
  if (what.type === "pong") return [connection.sendPong(what.data)];
  if (what.type === "pieces") {
    return what.pieces.map((piece, at) => connection.sendFragment(piece, at === what.pieces.length - 1));
  }
  return [typeof what.data === "string" ? connection.sendText(what.data) : connection.sendBinary(what.data)];
}

function expectedEvent(what: Send): ConnectionEvent {
  if (what.type === "pieces") return { type: "message", opcode: "binary", data: concat(what.pieces) };
  if (what.type !== "message") return { type: what.type, data: what.data };
  if (typeof what.data === "string") {
    return { type: "message", opcode: "text", data: Buffer.from(what.data).toString() };
  }
  return { type: "message", opcode: "binary", data: what.data };
}

test("[FR11] what one side sends the other receives, under any cut", () => {
  fc.assert(
    fc.property(roles, fc.array(sends, { maxLength: 8 }), chunkLengths, (role, whats, lengths) => {
      const sender = makeConnection(role);
      const bytes = concat(whats.flatMap((what) => send(sender, what)));
      const events = receiveAll(makeConnection(role === "client" ? "server" : "client"), cut(bytes, lengths));
      const expectedEvents = whats.map(expectedEvent);
      expect(events.map((event) => event.type)).toEqual(expectedEvents.map((event) => event.type));
      for (const [at, event] of events.entries()) {
        const given = (event as { data: string | Uint8Array }).data;
        const wanted = (expectedEvents[at] as { data: string | Uint8Array }).data;
        // Byte by byte comparison by the assertion library takes seconds for 70,000 of them.
        expect(typeof given === "string" ? given === wanted : Buffer.compare(given, wanted as Uint8Array) === 0).toBe(
          true,
        );
      }
    }),
    { numRuns: 200 },
  );
});

/** Bytes that get further than noise does: frames of any header and any payload, some cut short. */
const hostileFrames = fc
  .record({
    fin: fc.boolean(),
    rsv1: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.boolean() }),
    opcode: fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(0, 1, 2, 8, 9, 10) },
      { weight: 1, arbitrary: fc.nat(15) },
    ),
    payload: fc.oneof(
      fc.uint8Array({ maxLength: 140 }),
      fc.string({ unit: "binary" }).map((one) => new TextEncoder().encode(one)),
    ),
    keepBytes: fc.oneof({ weight: 9, arbitrary: fc.constant(Infinity) }, { weight: 1, arbitrary: fc.nat(150) }),
  })
  .map(({ opcode, keepBytes, ...frame }) => ({
    // A number no Opcode has is what this is about.
    write: (maskingKey: number | undefined) =>
      encodeFrame({ ...frame, opcode: opcode as Opcode, maskingKey }).subarray(0, keepBytes),
  }));

test("[FR12] any bytes give events, at most one close or fail and that the last, and never an exception", () => {
  const noise = fc.uint8Array({ maxLength: 400 }).map((bytes) => ({ write: () => bytes }));
  const stream = fc.array(fc.oneof({ weight: 9, arbitrary: hostileFrames }, { weight: 1, arbitrary: noise }), {
    maxLength: 12,
  });
  fc.assert(
    fc.property(roles, stream, chunkLengths, (role, frames, lengths) => {
      const bytes = concat(frames.map((frame) => frame.write(role === "server" ? 0x37fa213d : undefined)));
      const connection = makeConnection(role);
      const events = receiveAll(connection, cut(bytes, lengths));
      const ends = events.filter((event) => event.type === "close" || event.type === "fail");
      expect(ends).toEqual(connection.state === "closed" ? [events.at(-1)] : []);
      // The same bytes in one chunk: the same story.
      expect(receiveAll(makeConnection(role), [bytes])).toEqual(events);
    }),
    { numRuns: 2000 },
  );
});

test("[CL6] two peers that send, answer and close as they like agree on what was delivered and on the end", () => {
  const actions = fc.array(
    fc.record({ by: roles, what: fc.oneof(sends, fc.constant("close" as const), fc.constant("deliver" as const)) }),
  );
  fc.assert(
    fc.property(actions, chunkLengths, (steps, lengths) => {
      const peers = { server: makeConnection("server"), client: makeConnection("client") };
      const other = { server: "client", client: "server" } as const;
      const wire = { server: [] as Uint8Array[], client: [] as Uint8Array[] };
      const sent = { server: 0, client: 0 };
      const received = { server: [] as ConnectionEvent[], client: [] as ConnectionEvent[] };
      const deliverTo = (role: Role): void => {
        const bytes = concat(wire[other[role]].splice(0));
        received[role].push(...receiveAll(peers[role], cut(bytes, lengths)));
        wire[role].push(...peers[role].takeOutput());
      };
      for (const { by, what } of steps) {
        if (what === "deliver") deliverTo(by);
        else if (peers[by].state !== "open") continue;
        else if (what === "close") wire[by].push(peers[by].sendClose(by === "server" ? 1001 : 3000));
        else {
          wire[by].push(...send(peers[by], what));
          sent[by] += what.type === "message" || what.type === "pieces" ? 1 : 0;
        }
      }
      if (peers.client.state === "open") wire.client.push(peers.client.sendClose(1000));
      for (const role of ["server", "client", "server", "client"] as const) deliverTo(role);
      for (const role of ["server", "client"] as const) {
        expect(peers[role].state).toBe("closed");
        expect(received[role].filter((event) => event.type === "message")).toHaveLength(sent[other[role]]);
        expect(received[role].filter((event) => event.type === "close")).toHaveLength(1);
        expect(received[role].some((event) => event.type === "fail")).toBe(false);
      }
    }),
    { numRuns: 300 },
  );
});

test("[FR15] what lies behind the end that is given is neither read nor changed", () => {
  fc.assert(
    fc.property(fc.array(sends, { maxLength: 5 }), chunkLengths, (whats, lengths) => {
      const client = makeConnection("client");
      const bytes = concat(whats.flatMap((what) => send(client, what)));
      const [whole, ours] = [makeConnection("server"), makeConnection("server")];
      const memory = new Uint8Array(512);
      const events = cut(bytes, lengths).flatMap((chunk) => {
        memory.fill(0xa5).set(chunk);
        ours.receive(memory, chunk.length);
        expect(memory.subarray(chunk.length).every((byte) => byte === 0xa5)).toBe(true);
        return [...ours.takeEvents()];
      });
      expect(events).toEqual(receiveAll(whole, cut(bytes, lengths)));
    }),
  );
});
