import { readFileSync } from "node:fs";
import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { cuts } from "../testing/index.ts";
import { Connection, type ConnectionEvent } from "./connection.ts";
import { longestMessageBytes, type ConnectionOptions, type Role } from "./connection-options.ts";
import { transitions } from "./connection-state.ts";
import type { InflateResult, MessageCodec } from "./deflate.ts";

interface Vector {
  readonly id: string;
  readonly rule: string;
  readonly name: string;
  readonly role: Role;
  readonly maxMessageBytes?: number;
  readonly maxFragmentCount?: number;
  readonly hex: string;
  readonly events: readonly VectorEvent[];
  readonly output?: readonly string[];
  readonly state?: string;
}

type VectorEvent =
  | { readonly text: string }
  | { readonly textHex: string }
  | { readonly binary: string }
  | { readonly ping: string }
  | { readonly pong: string }
  | { readonly close: number; readonly reason: string }
  | { readonly fail: number };

const vectors = JSON.parse(
  readFileSync(new URL("../../spec/vectors/frames.json", import.meta.url), "utf8"),
) as readonly Vector[];

const maskingKey = 0x37fa213d;

function connect(role: Role, options: Partial<ConnectionOptions> = {}): Connection {
  return new Connection({ role, createMaskingKey: () => maskingKey, ...options });
}

/** Hexadecimal with runs: `8105 61*5` is 81 05 61 61 61 61 61. */
function bytesOf(hex: string): Uint8Array {
  const plain = hex.replaceAll(/(\w+)\*(\d+)/g, (_run, pattern: string, count: string) =>
    pattern.repeat(Number(count)),
  );
  return new Uint8Array(Buffer.from(plain.replaceAll(" ", ""), "hex"));
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function expectRefused(act: () => unknown, code: string): void {
  expect(act).toThrow(expect.objectContaining({ name: "ProtocolError", code }));
}

/** The event as a vector tells it: bytes as hexadecimal, a failure without the words for people. */
function told(event: ConnectionEvent): unknown {
  switch (event.type) {
    case "message":
      return event.opcode === "text" ? { text: event.data } : { binary: hexOf(event.data) };
    case "ping":
      return { ping: hexOf(event.data) };
    case "pong":
      return { pong: hexOf(event.data) };
    case "close":
      return { close: event.code, reason: event.reason };
    case "fail":
      return { fail: event.code };
    case "piece":
      return { piece: event.data };
    default:
      return event satisfies never;
  }
}

function expected(event: VectorEvent): unknown {
  if ("textHex" in event) return { text: new TextDecoder().decode(bytesOf(event.textHex)) };
  return "binary" in event ? { binary: hexOf(bytesOf(event.binary)) } : event;
}

/** A close frame of ours with a reason is told by its code: the words are for people. */
function toldOutput(frame: Uint8Array, role: Role): string {
  if (frame[0] !== 0x88 || frame.length <= 8) return hexOf(frame);
  const peer = connect(role === "server" ? "client" : "server");
  peer.receive(frame.slice());
  const [event] = peer.takeEvents();
  return event?.type === "close" && event.reason !== "" ? `close ${event.code}` : hexOf(frame);
}

function feed(
  connection: Connection,
  chunks: readonly Uint8Array[],
): { events: ConnectionEvent[]; output: Uint8Array[] } {
  const events: ConnectionEvent[] = [];
  const output: Uint8Array[] = [];
  for (const chunk of chunks) {
    connection.receive(chunk);
    events.push(...connection.takeEvents());
    output.push(...connection.takeOutput());
    // Whoever owns the chunk may use it again.
    chunk.fill(0xee);
  }
  return { events, output };
}

/** What must not change what came before: a header's first byte, or anything at all once the connection is closed. */
function trailing(bytes: Uint8Array, connection: Connection): Uint8Array {
  const tail = connection.state === "closed" ? [0xff, 0xff, 0xff, 0xff] : connection.isMidMessage ? [] : [0x8a];
  return new Uint8Array([...bytes, ...tail]);
}

describe("vectors of spec/vectors/frames.json, in every cut", () => {
  for (const vector of vectors) {
    const { id, rule, name, role, hex, events, output = [], state = "open", ...limits } = vector;
    test(`[${rule}] ${name} (${id}, ${role})`, () => {
      const bytes = bytesOf(hex);
      const first = connect(role, limits);
      feed(first, [bytes.slice()]);
      const ways = [...cuts(bytes), { name: "with trailing bytes", chunks: [trailing(bytes, first)] }];
      for (const way of ways) {
        const connection = connect(role, limits);
        const result = feed(connection, way.chunks);
        expect(result.events.map(told), way.name).toEqual(events.map(expected));
        expect(
          result.output.map((frame) => toldOutput(frame, role)),
          way.name,
        ).toEqual(output);
        expect(connection.state, way.name).toBe(state);
      }
    });
  }
});

describe("receiving", () => {
  test("[FR8] of more than 16 pings in one receive() the first 16 and the newest are answered", () => {
    const client = connect("client");
    const numbers = Array.from({ length: 20 }, (_, number) => number + 1);
    const pongOf = (number: number): string => hexOf(connect("client").sendPong(Uint8Array.of(number)));
    for (const round of [1, 2]) {
      client.receive(Uint8Array.from(numbers.flatMap((number) => [0x89, 1, number])));
      expect(client.takeEvents(), `round ${round}`).toHaveLength(20);
      expect(client.takeOutput().map(hexOf)).toEqual([...numbers.slice(0, 16), 20].map(pongOf));
    }
    client.receive(bytesOf("8901 01 8901 02"));
    expect(client.takeOutput().map(hexOf)).toEqual([pongOf(1), pongOf(2)]);
  });

  test("[CL11] without answersCloses the peer's close is told, and answered by sendClose after what is still said", () => {
    const server = new Connection({ role: "server", answersCloses: false });
    server.receive(bytesOf("8882 00000000 03e8 8980 00000000"));
    expect(server.takeEvents()).toEqual([{ type: "close", code: 1000, reason: "" }]);
    expect([server.takeOutput(), server.state]).toEqual([[], "open"]);
    server.receive(bytesOf("8980 00000000"));
    expect(server.takeEvents()).toEqual([]);
    expect(hexOf(server.sendText("a"))).toBe("810161");
    expect(hexOf(server.sendClose(1000))).toBe("880203e8");
    expect(server.state).toBe("closed");
  });

  test("[CL11] without answersCloses a close that crosses ours is not answered", () => {
    const server = new Connection({ role: "server", answersCloses: false });
    server.sendClose(1000);
    server.receive(bytesOf("8882 00000000 03e8"));
    expect([server.takeOutput(), server.state]).toEqual([[], "closed"]);
  });

  test("[FR8] without answersPings a ping is told and left to the caller", () => {
    const server = new Connection({ role: "server", answersPings: false });
    server.receive(bytesOf("8980 00000000"));
    expect(server.takeEvents().map(told)).toEqual([{ ping: "" }]);
    expect(server.takeOutput()).toEqual([]);
  });

  test("[FR8] a flood of 100,000 pings in one receive() costs 17 pongs", () => {
    const client = connect("client");
    client.receive(bytesOf("8900*100000"));
    expect(client.takeOutput()).toHaveLength(17);
  });

  test("[FR8] a ping after our close frame is answered: the peer's has not come yet", () => {
    const server = connect("server");
    server.sendClose(1000);
    server.receive(connect("client").sendPing());
    expect(server.takeOutput().map(hexOf)).toEqual(["8a00"]);
  });

  test("[FR15] no event shares memory with the chunk, be it a Buffer or not", () => {
    const frames = "8203 010203 0201 01 8002 0203 8901 61 8a01 62 8800";
    for (const chunk of [bytesOf(frames), Buffer.from(bytesOf(frames))]) {
      const client = connect("client");
      client.receive(chunk);
      const buffers = client.takeEvents().map((event) => (event as { data?: Uint8Array }).data?.buffer);
      expect(buffers).toHaveLength(5);
      expect(buffers).not.toContain(chunk.buffer);
    }
  });

  test("[FR15] binary data owns its whole buffer, however it arrived", () => {
    const whole = "8203 010203";
    const fragments = "0201 01 0001 02 0001 03 8001 04";
    for (const hex of [whole, fragments]) {
      for (const { chunks } of cuts(bytesOf(hex))) {
        const { events } = feed(connect("client"), chunks);
        for (const event of events) {
          if (event.type !== "message" || event.opcode !== "binary") throw new Error(`Unexpected ${event.type}`);
          expect(event.data.constructor).toBe(Uint8Array);
          expect(event.data.buffer.byteLength).toBe(event.data.length);
        }
      }
    }
  });

  test("[FR15] a chunk may lie anywhere in its buffer", () => {
    for (let offset = 0; offset < 8; offset++) {
      const frame = connect("client").sendText("é".repeat(300));
      const memory = new Uint8Array(frame.length + 16).fill(0x55);
      memory.set(frame, offset);
      const server = connect("server");
      server.receive(memory.subarray(offset, offset + frame.length));
      expect(server.takeEvents()).toEqual([{ type: "message", opcode: "text", data: "é".repeat(300) }]);
      expect(memory.subarray(0, offset).every((byte) => byte === 0x55)).toBe(true);
      expect(memory.subarray(offset + frame.length).every((byte) => byte === 0x55)).toBe(true);
    }
  });

  test("[FR11] events and output are handed over once", () => {
    const server = connect("server");
    expect(server.takeEvents()).toBe(server.takeEvents());
    expect(server.takeOutput()).toBe(server.takeOutput());
    server.receive(connect("client").sendPing());
    expect(server.takeEvents()).toHaveLength(1);
    expect(server.takeOutput()).toHaveLength(1);
    expect(server.takeEvents()).toEqual([]);
    expect(server.takeOutput()).toEqual([]);
  });

  test("[FR11] events that are not taken are kept, in order", () => {
    const client = connect("client");
    client.receive(bytesOf("8101 61"));
    client.receive(bytesOf("8101 62"));
    expect(client.takeEvents().map(told)).toEqual([{ text: "a" }, { text: "b" }]);
  });

  test("[MS5] text is decoded by decodeText once it is known to be UTF-8, and never else", () => {
    const calls: string[] = [];
    const decodeText = (bytes: Uint8Array, start: number, end: number): string => {
      calls.push(hexOf(bytes.subarray(start, end)));
      return "decoded";
    };
    const client = connect("client", { decodeText });
    client.receive(bytesOf("8101 61 0101 62 8001 63 8103 ff6162"));
    expect(client.takeEvents().map(told)).toEqual([{ text: "decoded" }, { text: "decoded" }, { fail: 1007 }]);
    expect(calls).toEqual(["61", "6263"]);
  });

  test("[LM6] isMidMessage is true from the first byte of a frame to the last of its message", () => {
    const client = connect("client");
    const seen: boolean[] = [client.isMidMessage];
    for (const byte of bytesOf("0101 61 8001 62 8900")) {
      client.receive(Uint8Array.of(byte));
      seen.push(client.isMidMessage);
    }
    expect(seen).toEqual([false, true, true, true, true, true, false, true, false]);
  });
});

describe("closing", () => {
  test("[CL6] after our close frame the peer's messages are delivered until its own comes", () => {
    const server = connect("server");
    expect(hexOf(server.sendClose(1000, "bye"))).toBe("880503e8627965");
    expect(server.state).toBe("closing");
    const client = connect("client");
    server.receive(client.sendText("still here"));
    server.receive(client.sendClose(1000));
    expect(server.takeEvents().map(told)).toEqual([{ text: "still here" }, { close: 1000, reason: "" }]);
    expect(server.takeOutput()).toEqual([]);
    expect(server.state).toBe("closed");
  });

  test("[CL6] close frames that cross close both sides, and neither is answered", () => {
    const server = connect("server");
    const client = connect("client");
    const [ours, theirs] = [server.sendClose(1001), client.sendClose(3000)];
    server.receive(theirs);
    client.receive(ours);
    expect(server.takeEvents().map(told)).toEqual([{ close: 3000, reason: "" }]);
    expect(client.takeEvents().map(told)).toEqual([{ close: 1001, reason: "" }]);
    expect([server.takeOutput(), client.takeOutput()]).toEqual([[], []]);
    expect([server.state, client.state]).toEqual(["closed", "closed"]);
  });

  test("[CL7] the transport's end without a close frame closes without an event: 1006 is the engine's to tell", () => {
    for (const prepare of [() => undefined, (server: Connection) => void server.sendClose(1000)]) {
      const server = connect("server");
      prepare(server);
      server.receiveEnd();
      expect(server.state).toBe("closed");
      expect(server.takeEvents()).toEqual([]);
      server.receive(connect("client").sendText("late"));
      server.receiveEnd();
      expect(server.takeEvents()).toEqual([]);
    }
  });

  test("[CL7] the transport's end forgets the message or the header it cut", () => {
    for (const hex of ["0101 61", "81", "8101"]) {
      const client = connect("client");
      client.receive(bytesOf(hex));
      client.receiveEnd();
      expect(client.isMidMessage).toBe(false);
    }
  });

  test("[CL9] sending, receiving, failing and ending move as the table says, in every state", () => {
    const states = ["open", "closing", "closed"] as const;
    const inputs = {
      sendClose: (server: Connection) => void server.sendClose(1000),
      receiveClose: (server: Connection) => server.receive(connect("client").sendClose(1000)),
      fail: (server: Connection) => server.receive(bytesOf("ff")),
      end: (server: Connection) => server.receiveEnd(),
    };
    for (const state of states) {
      for (const input of ["sendClose", "receiveClose", "fail", "end"] as const) {
        const server = connect("server");
        if (state === "closing") server.sendClose();
        if (state === "closed") server.receiveEnd();
        // The one input that is ours to give: the others are the peer's, and never throw.
        if (input === "sendClose" && state !== "open") expectRefused(() => inputs[input](server), "ERR_NOT_OPEN");
        else inputs[input](server);
        expect(server.state, `${state} ${input}`).toBe(transitions[state][input] ?? state);
      }
    }
  });

  test("[CL10] a fault after our close frame is told, and no second close frame is sent", () => {
    const server = connect("server");
    server.sendClose(1000);
    server.receive(bytesOf("ff"));
    expect(server.takeEvents().map(told)).toEqual([{ fail: 1002 }]);
    expect(server.takeOutput()).toEqual([]);
    expect(server.state).toBe("closed");
  });

  test("[CL10] the close frame of a failure tells the peer what was wrong", () => {
    const server = connect("server");
    server.receive(bytesOf("8105"));
    const client = connect("client");
    client.receive(server.takeOutput()[0] as Uint8Array);
    expect(client.takeEvents()).toEqual([
      { type: "close", code: 1002, reason: "A frame from a client must be masked" },
    ]);
  });
});

describe("sending", () => {
  test("[FR9] a server does not mask, and never asks for a key", () => {
    const server = new Connection({
      role: "server",
      createMaskingKey: () => {
        throw new Error("A server must not mask");
      },
    });
    expect(hexOf(server.sendText("Hello"))).toBe("810548656c6c6f");
    expect(hexOf(server.sendBinary(bytesOf("00ff")))).toBe("820200ff");
    expect(hexOf(server.sendPing())).toBe("8900");
    expect(hexOf(server.sendPong(bytesOf("61")))).toBe("8a0161");
    expect(hexOf(server.sendClose())).toBe("8800");
  });

  test("[FR9] a client masks each frame with a key of its own, and leaves the caller's bytes as they are", () => {
    const keys = [0x37fa213d, 0x00000001, 0xffffffff];
    const client = connect("client", { createMaskingKey: () => keys.shift() ?? 0 });
    const data = bytesOf("00ff");
    expect(hexOf(client.sendText("Hello"))).toBe("818537fa213d7f9f4d5158");
    expect(hexOf(client.sendBinary(data))).toBe("82820000000100ff");
    expect(hexOf(client.sendBinary(data))).toBe("8282ffffffffff00");
    expect(hexOf(data)).toBe("00ff");
    expect(keys).toEqual([]);
  });

  test("[MS5] a lone surrogate is sent as U+FFFD, as a browser does", () => {
    expect(hexOf(connect("server").sendText("a\ud800b"))).toBe("810561efbfbd62");
  });

  test("[MS6] a message may be sent in pieces, control frames between them", () => {
    const server = connect("server");
    const frames = [server.sendFragment("Hel", false), server.sendPing(), server.sendFragment("lo", true)];
    expect(frames.map(hexOf)).toEqual(["010348656c", "8900", "80026c6f"]);
    const bytes = [bytesOf("01"), bytesOf("02"), bytesOf("")];
    expect(bytes.map((piece, index) => hexOf(server.sendFragment(piece, index === 2)))).toEqual([
      "020101",
      "000102",
      "8000",
    ]);
    expect(hexOf(server.sendFragment("alone", true))).toBe("8105616c6f6e65");
  });

  test("[MS6] a surrogate pair may be cut by two pieces; half a pair at the end is U+FFFD", () => {
    const server = connect("server");
    const pieces = [
      server.sendFragment("a\ud83d", false),
      server.sendFragment("", false),
      server.sendFragment("\ude00", true),
    ];
    expect(pieces.map(hexOf)).toEqual(["010161", "0000", "8004f09f9880"]);
    expect([server.sendFragment("\ud83d", false), server.sendFragment("", true)].map(hexOf)).toEqual([
      "0100",
      "8003efbfbd",
    ]);
    expect(hexOf(server.sendFragment("\ude00\ud83d", true))).toBe("8106efbfbdefbfbd");
  });

  test("[MS6] no message begins, and no kind changes, before the last piece", () => {
    const server = connect("server");
    server.sendFragment("a", false);
    const code = "ERR_MESSAGE_UNFINISHED";
    expectRefused(() => server.sendText("b"), code);
    expectRefused(() => server.sendBinary(bytesOf("62")), code);
    expectRefused(() => server.sendFragment(bytesOf("62"), true), "ERR_PAYLOAD_TYPE");
    server.sendFragment("", true);
    expect(hexOf(server.sendText("b"))).toBe("810162");
  });

  test("[CL8] nothing is sent after the close frame", () => {
    const make = [() => connect("server"), () => connect("client")];
    const sends = [
      (connection: Connection) => connection.sendText(""),
      (connection: Connection) => connection.sendBinary(bytesOf("")),
      (connection: Connection) => connection.sendFragment("", true),
      (connection: Connection) => connection.sendPing(),
      (connection: Connection) => connection.sendPong(),
      (connection: Connection) => connection.sendClose(),
    ];
    for (const connection of make.map((one) => one())) {
      connection.sendClose();
      for (const send of sends) {
        expectRefused(() => send(connection), "ERR_NOT_OPEN");
      }
    }
  });

  test("[CL8] a close frame that may not be sent leaves the connection open", () => {
    const server = connect("server");
    expectRefused(() => server.sendClose(1005), "ERR_CLOSE_CODE");
    expectRefused(() => server.sendClose(1000, "r".repeat(124)), "ERR_CLOSE_REASON");
    expect(server.state).toBe("open");
  });

  test("[FR13] a control frame of 125 bytes is sent, one of 126 is refused", () => {
    const server = connect("server");
    expect(server.sendPing(new Uint8Array(125))).toHaveLength(127);
    expectRefused(() => server.sendPing(new Uint8Array(126)), "ERR_CONTROL_TOO_BIG");
    expectRefused(() => server.sendPong(new Uint8Array(126)), "ERR_CONTROL_TOO_BIG");
  });

  test("[FR13] CVE-2026-45736: what is neither text nor bytes is refused, by every send", () => {
    const server = connect("server");
    const memory = new ArrayBuffer(8);
    const wrong = [
      8,
      "8",
      [1],
      {},
      null,
      memory,
      new SharedArrayBuffer(8),
      new DataView(memory),
      new Float32Array(2),
      new Uint16Array(4),
    ];
    for (const value of wrong as never[]) {
      const sends = [() => server.sendBinary(value), () => server.sendPing(value), () => server.sendPong(value)];
      if (typeof value !== "string") {
        sends.push(
          () => server.sendText(value),
          () => server.sendFragment(value, true),
          () => server.sendClose(1000, value),
        );
      }
      for (const send of sends) expectRefused(send, "ERR_PAYLOAD_TYPE");
    }
    expect(server.state).toBe("open");
  });

  test("[FR13] bytes of shared memory are copied like others", () => {
    const shared = new Uint8Array(new SharedArrayBuffer(2)).fill(7);
    expect(hexOf(connect("server").sendBinary(shared))).toBe("82020707");
  });
});

describe("options", () => {
  test("[LM5] a limit is a positive integer or Infinity", () => {
    for (const name of ["maxMessageBytes", "maxFragmentCount"]) {
      for (const value of [0, -1, 1.5, Number.NaN, 2 ** 53]) {
        expectRefused(() => connect("server", { [name]: value }), "ERR_OPTION");
      }
    }
    expect(connect("server", { maxMessageBytes: 1, maxFragmentCount: Infinity }).state).toBe("open");
  });

  test("[LM5] without a limit a message is as long as a string can be: decoding must not throw for what a peer sends", () => {
    const client = connect("client", { maxMessageBytes: Infinity });
    const header = bytesOf("827f 00000000 00000000");
    new DataView(header.buffer).setUint32(6, longestMessageBytes);
    client.receive(header);
    expect(client.takeEvents()).toEqual([]);
    const other = connect("client", { maxMessageBytes: Infinity });
    new DataView(header.buffer).setUint32(6, longestMessageBytes + 1);
    other.receive(header);
    expect(other.takeEvents().map(told)).toEqual([{ fail: 1009 }]);
  });

  test("[LM5] a client without masking keys is refused", () => {
    expectRefused(() => new Connection({ role: "client" }), "ERR_OPTION");
  });

  test("[LM1] a message at the default limit of 1 MiB is accepted", () => {
    const server = connect("server");
    server.receive(connect("client").sendBinary(new Uint8Array(2 ** 20)));
    expect(server.takeEvents()).toMatchObject([{ type: "message", opcode: "binary", data: { length: 2 ** 20 } }]);
  });

  test("[LM2] a message of 1024 fragments is accepted by default, one of 1025 is not", () => {
    for (const [count, kind] of [
      [1024, "message"],
      [1025, "fail"],
    ] as const) {
      const client = connect("client");
      client.receive(bytesOf(`0100 ${"0000 ".repeat(count - 2)} 8000`));
      expect(client.takeEvents().map((event) => event.type)).toEqual([kind]);
    }
  });
});

describe("compressed messages", () => {
  /** What is compressed with no memory of earlier messages. */
  const codec: MessageCodec = {
    thresholdBytes: 10,
    deflate: (message) => deflateRawSync(message, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4),
    deflatePieces: () => (piece, isFinal) => {
      const flushed = deflateRawSync(piece, { finishFlush: constants.Z_SYNC_FLUSH });
      return isFinal ? flushed.subarray(0, -4) : flushed;
    },
    inflate: (compressed, limitBytes) => {
      const data = inflateRawSync(Buffer.concat([compressed, bytesOf("0000ffff")]), {
        finishFlush: constants.Z_SYNC_FLUSH,
      });
      return data.length > limitBytes ? { type: "fault", fault: "tooBig" } : { type: "inflated", data };
    },
  };

  function connectWith(role: Role, result: InflateResult): Connection {
    return connect(role, { codec: { ...codec, inflate: () => result } });
  }

  test("[PD8] RFC 7692 §7.2.3.1: Hello in one frame and in two, in every cut", () => {
    for (const hex of [
      "c1 07 f248cdc9c90700",
      "41 03 f248cd 80 04 c9c90700",
      "41 00 89 00 00 03 f248cd 80 04 c9c90700",
    ]) {
      for (const { name, chunks } of cuts(bytesOf(hex))) {
        const client = connect("client", { codec });
        const { events } = feed(client, chunks);
        expect(events.at(-1), name).toEqual({ type: "message", opcode: "text", data: "Hello" });
        expect(client.state).toBe("open");
      }
    }
  });

  test("[PD8] a message that is not marked is taken as it is, before and after one that is", () => {
    const client = connect("client", { codec });
    const { events } = feed(client, [bytesOf("8101 61 c2 07 f248cdc9c90700 01 01 62 80 01 63")]);
    expect(events.map(told)).toEqual([{ text: "a" }, { binary: "48656c6c6f" }, { text: "bc" }]);
  });

  test("[PD7] RSV1 on a continuation, or where nothing was negotiated, is 1002", () => {
    const mid = feed(connect("client", { codec }), [bytesOf("41 03 f248cd c0 04 c9c90700")]);
    expect(mid.events.map(told)).toEqual([{ fail: 1002 }]);
    const without = feed(connect("client"), [bytesOf("c1 07 f248cdc9c90700")]);
    expect(without.events.map(told)).toEqual([{ fail: 1002 }]);
  });

  test.each([
    ["tooBig", 1009],
    ["corrupt", 1007],
    ["tooManyStreams", 1008],
    ["overloaded", 1013],
  ] as const)("[PD10] a message that is %s fails the connection with %i", (fault, code) => {
    const { events } = feed(connectWith("client", { type: "fault", fault }), [bytesOf("c1 01 00 8101 61")]);
    expect(events.map(told)).toEqual([{ fail: code }]);
  });

  test("[PD9] a text is checked after inflating: 1007", () => {
    const inflated = { type: "inflated", data: bytesOf("e282") } as const;
    const { events } = feed(connectWith("client", inflated), [bytesOf("c1 01 00")]);
    expect(events.map(told)).toEqual([{ fail: 1007 }]);
    expect(feed(connectWith("client", inflated), [bytesOf("c2 01 00")]).events.map(told)).toEqual([{ binary: "e282" }]);
  });

  test("[PD11] the limit holds for what is inflated, and, with room for what cannot be compressed, for the wire", () => {
    const limitsSeen: number[] = [];
    const inflate = (_bytes: Uint8Array, limitBytes: number): InflateResult => {
      limitsSeen.push(limitBytes);
      return { type: "inflated", data: bytesOf("61*8") };
    };
    const maxMessageBytes = 8; // on the wire: 8 + 1 + 64
    const client = connect("client", { maxMessageBytes, codec: { ...codec, inflate } });
    expect(feed(client, [bytesOf("c2 49 00*73 42 40 00*64 80 09 00*9")]).events).toHaveLength(2);
    expect(limitsSeen).toEqual([8, 8]);
    for (const hex of ["c2 4a", "42 40 00*64 80 0a", "82 09"]) {
      const tooBig = connect("client", { maxMessageBytes, codec });
      expect(feed(tooBig, [bytesOf(hex)]).events.map(told), hex).toEqual([{ fail: 1009 }]);
    }
  });

  test("[PD12] CVE-2018-1000518: a bomb within the limit on the wire stops at the limit", () => {
    const bomb = codec.deflate(new Uint8Array(2 ** 20)) as Uint8Array;
    const server = connect("server", { maxMessageBytes: 2 ** 20 - 1, codec });
    const client = connect("client", { codec: { ...codec, deflate: () => bomb } });
    server.receive(client.sendBinary(new Uint8Array(1), { compress: true }));
    expect(server.takeEvents().map(told)).toEqual([{ fail: 1009 }]);
  });

  test("[PD13] a long message is sent compressed, a short one is not, and each as it is asked for", () => {
    const server = connect("server", { codec });
    const long = "Hello".repeat(10);
    expect(server.sendText(long)[0]).toBe(0xc1);
    expect(server.sendBinary(new Uint8Array(10))[0]).toBe(0xc2);
    expect(server.sendText("Hello")[0]).toBe(0x81);
    expect(hexOf(server.sendText("Hello", { compress: true }))).toBe("c107f248cdc9c90700");
    expect(server.sendBinary(new Uint8Array(10), { compress: false })[0]).toBe(0x82);
    expect(connect("server").sendText(long, { compress: true })[0]).toBe(0x81);
    expect(server.sendFragment(long, false)[0]).toBe(0x01);
  });

  test("[PD23] fragments are compressed where the first is sent so: RSV1 on it alone, and the peer has one message", () => {
    for (const [from, to] of [
      ["server", "client"],
      ["client", "server"],
    ] as const) {
      const [sender, receiver] = [connect(from, { codec }), connect(to, { codec })];
      const frames = [
        sender.sendFragment("Gr\ud83d", false, { compress: true }),
        sender.sendFragment("\ude00", false),
        sender.sendPing(),
        sender.sendFragment("", true),
      ];
      expect(frames.map(([first]) => first)).toEqual([0x41, 0x00, 0x89, 0x80]);
      for (const frame of frames) receiver.receive(frame);
      expect(receiver.takeEvents().at(-1)).toEqual({ type: "message", opcode: "text", data: "Gr😀" });
      expect(sender.sendFragment(Uint8Array.of(1), true)[0]).toBe(0x82);
    }
    expect(connect("server").sendFragment("a", true, { compress: true })[0]).toBe(0x81);
  });

  test("[PD8] what a client sends compressed is masked, and read by a server", () => {
    const client = connect("client", { codec });
    const server = connect("server", { codec });
    server.receive(client.sendText("é".repeat(100)));
    expect(server.takeEvents()).toEqual([{ type: "message", opcode: "text", data: "é".repeat(100) }]);
  });
});

describe("in pieces", () => {
  const options = { tellsPieces: true } as const;

  function piece(
    opcode: "text" | "binary",
    data: string | Uint8Array,
    ends: "first" | "last" | "both" | "none",
  ): unknown {
    const isFirst = ends === "first" || ends === "both";
    const isLast = ends === "last" || ends === "both";
    return { type: "piece", opcode, data, isCompressed: false, isFirst, isLast };
  }

  test("[ST1] every chunk of a message is told when it comes, within a frame and across frames", () => {
    const [server, client] = [connect("server", options), connect("client")];
    const frames = [client.sendFragment(Uint8Array.of(1, 2, 3, 4), false), client.sendFragment(Uint8Array.of(5), true)];
    const [first, second] = frames as [Uint8Array, Uint8Array];
    server.receive(first.subarray(0, 8));
    expect(server.takeEvents()).toEqual([piece("binary", Uint8Array.of(1, 2), "first")]);
    expect(server.isMidMessage).toBe(true);
    server.receive(first.subarray(8));
    server.receive(client.sendPing(Uint8Array.of(7)));
    server.receive(second);
    expect(server.takeEvents()).toEqual([
      piece("binary", Uint8Array.of(3, 4), "none"),
      { type: "ping", data: Uint8Array.of(7) },
      piece("binary", Uint8Array.of(5), "last"),
    ]);
    expect(server.isMidMessage).toBe(false);
    server.receive(client.sendText("whole"));
    expect(server.takeEvents()).toEqual([piece("text", "whole", "both")]);
  });

  test("[ST1] fragments of two messages still must not mix", () => {
    const server = connect("server", options);
    server.receive(connect("client").sendFragment("a", false));
    server.receive(connect("client").sendText("b"));
    expect(server.takeEvents().map((event) => event.type)).toEqual(["piece", "fail"]);
  });

  test("[ST2] a text that is not UTF-8 is 1007 at its first wrong byte, in mid-frame", () => {
    const server = connect("server", options);
    server.receive(bytesOf("81 88 00000000 61 62 ff"));
    expect(server.takeEvents().map(told)).toEqual([{ fail: 1007 }]);
  });

  test("[ST3] a compressed message is told as it came, and may have an eighth and 64 bytes more", () => {
    const unreachable = (): never => expect.unreachable();
    const codec: MessageCodec = {
      thresholdBytes: 0,
      deflate: unreachable,
      deflatePieces: unreachable,
      inflate: unreachable,
    };
    const server = connect("server", { ...options, codec, maxMessageBytes: 8 });
    server.receive(bytesOf("41 81 00000000 ff"));
    server.receive(bytesOf("80 81 00000000 fe"));
    expect(server.takeEvents()).toEqual([
      { type: "piece", opcode: "text", data: Uint8Array.of(0xff), isCompressed: true, isFirst: true, isLast: false },
      { type: "piece", opcode: "text", data: Uint8Array.of(0xfe), isCompressed: true, isFirst: false, isLast: true },
    ]);
    server.receive(bytesOf("41 81 00000000 ff"));
    server.receive(bytesOf("80 c8 00000000"));
    server.receive(new Uint8Array(72));
    expect(server.takeEvents().map((event) => event.type)).toEqual(["piece", "piece"]);
    server.receive(bytesOf("41 81 00000000 ff"));
    server.receive(bytesOf("80 c9 00000000"));
    expect(server.takeEvents().map((event) => event.type)).toEqual(["piece", "fail"]);
  });

  test("[ST4] all pieces of a message together have a limit, judged by the header; their number has none", () => {
    const server = connect("server", { ...options, maxMessageBytes: 2 ** 33, maxFragmentCount: 1 });
    const client = connect("client");
    for (let count = 0; count < 2000; count++) server.receive(client.sendFragment(Uint8Array.of(1), false));
    expect(server.takeEvents()).toHaveLength(2000);
    // 2^33 - 2000 more bytes: exactly at the limit.
    server.receive(bytesOf("80 ff 00000001fffff830 00000000"));
    expect(server.state).toBe("open");
    const strict = connect("server", { ...options, maxMessageBytes: 2 ** 33 });
    strict.receive(bytesOf("82 ff 0000000200000001 00000000"));
    expect(strict.takeEvents().map(told)).toEqual([{ fail: 1009 }]);
  });
});
