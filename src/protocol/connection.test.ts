import { describe, expect, test } from "vitest";
import {
  bytesOf,
  connect,
  expected,
  expectRefused,
  feed,
  hexOf,
  told,
  toldAsBytes,
  toldOutput,
  trailing,
  vectors,
} from "../../test/connection-setup.ts";
import { cuts } from "../testing/index.ts";
import { longestMessageBytes } from "./connection-options.ts";
import { transitions } from "./connection-state.ts";
import { Connection } from "./connection.ts";

describe("vectors of spec/vectors/frames.json, in every cut", () => {
  for (const vector of vectors) {
    const { id, rule, name, role, hex, events, output = [], state = "open", ...limits } = vector;
    test(`[${rule}] ${name} (${id}, ${role})`, () => {
      const bytes = bytesOf(hex);
      const first = connect(role, limits);
      feed(first, [bytes.slice()]);
      const ways = [...cuts(bytes), { name: "with trailing bytes", chunks: [trailing(bytes, first)] }];
      for (const way of ways) {
        const asBytes = connect(role, { ...limits, tellsBytes: true });
        const bytesTold = way.chunks.flatMap((chunk) => {
          asBytes.receive(chunk.slice());
          return asBytes.takeEvents().map(toldAsBytes);
        });
        expect(bytesTold, `${way.name}, as bytes`).toEqual(events.map(expected));
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
