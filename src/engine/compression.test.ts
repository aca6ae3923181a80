import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Connection, type DeflateParameters, type ExtensionOffer, prepareMessage } from "../protocol/index.ts";
import type { Codec } from "./codec.ts";
import { Compression, type CompressionOptions } from "./compression.ts";
import { CompressionBudget } from "./compression-budget.ts";

/** One element of the header, as the protocol room parses it. */
function parse(header: string): ExtensionOffer {
  const [name = "", ...parameters] = header.split("; ");
  return {
    name,
    params: new Map(
      parameters.map((one) => one.split("=") as [string, string?]).map(([key, value]) => [key, value ?? true]),
    ),
  };
}

/** The codecs of a connection between a server and a client with these options. */
function negotiate(
  server: CompressionOptions,
  client: CompressionOptions,
): { server: Codec; client: Codec; header: string } {
  const offer = new Compression("client", client).offer();
  const answer = new Compression("server", server).answer([parse(offer.header)]);
  if (answer === undefined) throw new Error(`The server declines ${offer.header}`);
  const reading = offer.read(parse(answer.header));
  if (reading.type === "fault") throw new Error(reading.reason);
  return { server: answer.createCodec(), client: offer.createCodec(reading.parameters), header: answer.header };
}

const budgetOf = (options: ConstructorParameters<typeof CompressionBudget>[0] = {}): CompressionBudget =>
  new CompressionBudget(options);

describe("options", () => {
  test.each([
    [{}, {}, "server_no_context_takeover; client_no_context_takeover"],
    [{}, { contextTakeover: true }, "server_no_context_takeover"],
    [{ contextTakeover: true }, { contextTakeover: true }, ""],
    [{ contextTakeover: true }, { contextTakeover: true, peerContextTakeover: false }, "server_no_context_takeover"],
    [{ contextTakeover: true, peerContextTakeover: false }, { contextTakeover: true }, "client_no_context_takeover"],
    [
      { contextTakeover: true, windowBits: 12, peerWindowBits: 11 },
      { contextTakeover: true },
      "server_max_window_bits=12; client_max_window_bits=11",
    ],
    [
      { contextTakeover: true },
      { contextTakeover: true, windowBits: 12, peerWindowBits: 11 },
      "server_max_window_bits=11; client_max_window_bits=12",
    ],
  ] as const)("[PD17] a server with %j and a client with %j agree on %j", (server, client, expected) => {
    expect(negotiate(server, client).header).toBe(["permessage-deflate", expected].filter(Boolean).join("; "));
  });

  test("[PD17] a number out of its range is refused where it is given", () => {
    for (const options of [
      { windowBits: 8 },
      { windowBits: 16 },
      { peerWindowBits: 8 },
      { level: 10 },
      { memLevel: 0 },
      { thresholdBytes: -1 },
      { thresholdBytes: 1.5 },
    ]) {
      expect(() => new Compression("server", options), JSON.stringify(options)).toThrow(RangeError);
    }
    expect(() => new CompressionBudget({ maxHistoryBytes: 0 })).toThrow(RangeError);
    expect(() => new CompressionBudget({ maxInflatedBytes: Number.NaN })).toThrow(RangeError);
  });
});

test("[PD16] what one side sends the other receives, with any parameters, under any cut, in both directions", () => {
  const options = fc.record({
    thresholdBytes: fc.constantFrom(0, 20),
    level: fc.nat(9),
    memLevel: fc.integer({ min: 1, max: 9 }),
    windowBits: fc.integer({ min: 9, max: 15 }),
    peerWindowBits: fc.integer({ min: 9, max: 15 }),
    contextTakeover: fc.boolean(),
    peerContextTakeover: fc.boolean(),
  });
  const words = fc.array(fc.constantFrom("switchboard", "é", " ", "channel", "0123456789".repeat(40)), {
    maxLength: 40,
  });
  const message = fc.record({
    by: fc.constantFrom<"server" | "client">("server", "client"),
    data: fc.oneof(
      words.map((all) => all.join("")),
      fc.uint8Array({ maxLength: 300 }),
      words.map((all) => new TextEncoder().encode(all.join(""))),
    ),
    compress: fc.option(fc.boolean(), { nil: undefined }),
    isPrepared: fc.boolean(),
  });
  const lengths = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(options, options, fc.array(message, { maxLength: 12 }), lengths, (server, client, messages, cut) => {
      const codecs = negotiate(server, client);
      const peers = {
        server: new Connection({ role: "server", codec: codecs.server }),
        client: new Connection({ role: "client", codec: codecs.client, createMaskingKey: () => 0x37fa213d }),
      };
      const other = { server: "client", client: "server" } as const;
      for (const { by, data, compress, isPrepared } of messages) {
        const choice = compress === undefined ? {} : { compress };
        const plain = () =>
          typeof data === "string" ? peers[by].sendText(data, choice) : peers[by].sendBinary(data, choice);
        const frame = by === "server" && isPrepared ? codecs.server.frameOf(prepareMessage(data)) : plain();
        const receiver = peers[other[by]];
        for (let at = 0, turn = 0; at < frame.length; turn++) {
          const length = cut[turn % cut.length] as number;
          receiver.receive(frame.slice(at, at + length));
          at += length;
        }
        const [event, ...more] = receiver.takeEvents();
        expect(more).toEqual([]);
        expect(event?.type === "message" && Buffer.compare(Buffer.from(event.data), Buffer.from(data))).toBe(0);
      }
      codecs.server.close();
      codecs.client.close();
    }),
    { numRuns: 300 },
  );
});

describe("what comes before", () => {
  const text = "The same words in every message of a channel. ";

  test("[PD15] with context takeover the second message is shorter than the first, without it is as long", () => {
    for (const contextTakeover of [true, false]) {
      const { server } = negotiate({ contextTakeover }, {});
      const [first, second] = [1, 2].map(() => server.deflate(Buffer.from(text + text))?.length ?? 0);
      expect((second as number) < (first as number)).toBe(contextTakeover);
    }
  });

  test("[PD14] a prepared message is the same frame for those with and without takeover, and later ones refer to it", () => {
    const takesOver = negotiate({ contextTakeover: true, thresholdBytes: 0 }, { contextTakeover: true });
    const alone = negotiate({}, {});
    const message = prepareMessage(text + text);
    const frame = takesOver.server.frameOf(message);
    expect(frame[0]).toBe(0xc1);
    expect(alone.server.frameOf(message)).toBe(frame);
    expect(takesOver.client.inflate(frame.subarray(2), 1000)).toMatchObject({ type: "inflated" });
    const next = takesOver.server.deflate(Buffer.from(text + text)) as Uint8Array;
    expect(next.length).toBeLessThan(10);
    expect(takesOver.client.inflate(next, 1000)).toEqual({ type: "inflated", data: Buffer.from(text + text) });
  });

  test("[PD14] a prepared message that would not become shorter goes out as it is", () => {
    const message = prepareMessage("Hello");
    expect(negotiate({}, {}).server.frameOf(message)).toBe(message.frame);
  });

  test("[PD23] pieces of any size make one message, with any parameters, and the next one may look back over it", () => {
    const words = fc.array(fc.constantFrom("alpha ", "beta ", "gamma delta epsilon "), { maxLength: 400 });
    const end = fc.record({ contextTakeover: fc.boolean(), windowBits: fc.integer({ min: 9, max: 15 }) });
    fc.assert(
      fc.property(end, end, fc.array(words, { maxLength: 6 }), (ours, theirs, given) => {
        const { server, client } = negotiate(ours, theirs);
        for (const [from, to] of [
          [server, client],
          [client, server],
        ] as const) {
          for (let round = 0; round < 2; round++) {
            const pieces = [...given.map((list) => Buffer.from(list.join(""))), Buffer.alloc(0)];
            const deflate = from.deflatePieces();
            const sent = pieces.map((piece, index) => deflate?.(piece, index === pieces.length - 1) ?? piece);
            const whole = Buffer.concat(pieces);
            expect(to.inflate(Buffer.concat(sent), whole.length)).toEqual({ type: "inflated", data: whole });
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  test("[PD23] a piece looks back over those before it, and not over another message's without takeover", () => {
    const noise = Buffer.from(Array.from({ length: 300 }, (_, index) => (index * 7919) % 251));
    for (const contextTakeover of [false, true]) {
      const { server } = negotiate({ contextTakeover }, { contextTakeover });
      const [first, second] = [server.deflatePieces(), server.deflatePieces()];
      const lengths = [first?.(noise, false), first?.(noise, true), second?.(noise, false)].map(
        (one) => one?.length ?? 0,
      );
      expect(lengths.map((length) => length < 50)).toEqual([false, true, contextTakeover]);
    }
  });

  test("[PD17] with a window of 8 bits, which zlib does not have, a client sends nothing compressed and reads everything", () => {
    const offer = new Compression("client", { contextTakeover: true }).offer();
    const reading = offer.read(parse("permessage-deflate; client_max_window_bits=8; server_max_window_bits=8"));
    const { parameters } = reading as { parameters: DeflateParameters };
    const codec = offer.createCodec(parameters);
    expect(codec.deflate(new Uint8Array(1000))).toBeUndefined();
    expect(codec.deflatePieces()).toBeUndefined();
    const message = prepareMessage(new Uint8Array(1000));
    expect(codec.frameOf(message)).toBe(message.frame);
    expect(codec.inflate(Buffer.from("f248cdc9c90700", "hex"), 5)).toMatchObject({ type: "inflated" });
  });
});

describe("memory", () => {
  test("[PD19] above maxHistoryBytes connections are agreed on without context takeover, until others are closed", () => {
    const budget = budgetOf({ maxHistoryBytes: 2 ** 16 + 2 ** 9 });
    const options = { contextTakeover: true, budget };
    const client = { contextTakeover: true, budget: budgetOf() };
    const first = negotiate(options, client);
    expect(first.header).toBe("permessage-deflate");
    expect(budget.historyRoomBytes).toBe(2 ** 9);
    const second = negotiate(options, client);
    expect(second.header).toBe("permessage-deflate; server_no_context_takeover; client_no_context_takeover");
    second.server.close();
    expect(budget.historyRoomBytes).toBe(2 ** 9);
    first.server.close();
    expect(negotiate(options, client).header).toBe("permessage-deflate");
  });

  test("[PD19] a client short of memory offers no context takeover", () => {
    const budget = budgetOf({ maxHistoryBytes: 2 ** 16 - 1 });
    const { header } = new Compression("client", { contextTakeover: true, budget }).offer();
    expect(header).toContain("server_no_context_takeover; client_no_context_takeover");
  });

  test("[PD20] bombs on many connections together stop at maxInflatedBytes, until what they held is delivered", () => {
    const budget = budgetOf({ maxInflatedBytes: 10_000 });
    const bomb = negotiate({}, {}).server.deflate(new Uint8Array(4_000)) as Uint8Array;
    const codecs = [1, 2, 3, 4].map(() => negotiate({ budget }, {}).server) as [Codec, Codec, Codec, Codec];
    const told = codecs
      .map((codec) => codec.inflate(bomb, 5_000))
      .map((one) => (one.type === "fault" ? one.fault : "ok"));
    expect(told).toEqual(["ok", "ok", "overloaded", "overloaded"]);
    codecs[0].release();
    expect(codecs[2].inflate(bomb, 5_000).type).toBe("inflated");
    codecs[1].close();
    codecs[2].close();
    expect(budget.inflatedRoomBytes).toBe(Infinity);
  });

  test("[PD20] with nothing else held, a message has no limit but its own", () => {
    const { server } = negotiate({ budget: budgetOf({ maxInflatedBytes: 10 }) }, {});
    const bytes = server.deflate(new Uint8Array(4_000)) as Uint8Array;
    expect(server.inflate(bytes, 3_999)).toEqual({ type: "fault", fault: "tooBig" });
    expect(server.inflate(bytes, 4_000).type).toBe("inflated");
    expect(server.inflate(bytes, 4_000)).toEqual({ type: "fault", fault: "overloaded" });
  });

  test("[PD20] exactly what is left may be inflated, and then nothing", () => {
    const { server } = negotiate({ budget: budgetOf({ maxInflatedBytes: 8_000 }) }, {});
    const bytes = server.deflate(new Uint8Array(4_000)) as Uint8Array;
    expect([1, 2, 3].map(() => server.inflate(bytes, 4_000).type)).toEqual(["inflated", "inflated", "fault"]);
  });
});
