import { kMaxLength } from "node:buffer";
import { constants, deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type InflateResult } from "../protocol/index.ts";
import { Deflater, inflate, sharedDeflater } from "./deflate.ts";
import { History } from "./history.ts";

function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex.replaceAll(" ", ""), "hex"));
}

function read(hex: string, history?: History, limitBytes = 100): string {
  return told(inflate(bytesOf(hex), { windowBits: 15, limitBytes, history }));
}

function told(result: InflateResult): string {
  return result.type === "fault" ? result.fault : Buffer.from(result.data).toString();
}

describe("what a peer may send", () => {
  test("[PD8] RFC 7692 §7.2.3.1: one block", () => expect(read("f248cdc9c90700")).toBe("Hello"));

  test("[PD15] RFC 7692 §7.2.3.2: a window that is shared by two messages, and one that is not", () => {
    const history = new History(15);
    expect(read("f248cdc9c90700", history)).toBe("Hello");
    expect(read("f200110000", history)).toBe("Hello");
    expect(read("f200110000")).toBe("corrupt");
  });

  test("[PD8] RFC 7692 §7.2.3.3: a block without compression", () => {
    expect(read("00 0500 faff 48656c6c6f 00")).toBe("Hello");
  });

  test("[PD8] RFC 7692 §7.2.3.4: a final block", () => expect(read("f348cdc9c9070000")).toBe("Hello"));

  test("[PD8] RFC 7692 §7.2.3.5: two blocks", () => expect(read("f248050000 00ffffcac9c90700")).toBe("Hello"));

  test("[PD8] RFC 7692 §7.2.3.6: an empty message, also with no byte at all", () => {
    expect(read("00")).toBe("");
    expect(read("")).toBe("");
  });

  test("[PD8] what comes behind a final block is read on, and may look back over it", () => {
    expect(read("f348cdc9c90700 f248cdc9c90700")).toBe("HelloHello");
    expect(read("f348cdc9c90700 f200110000")).toBe("HelloHello");
    expect(read("f348cdc9c90700 f348cdc9c90700 00")).toBe("HelloHello");
  });

  test("[PD15] a message after a final block may look back over it", () => {
    const history = new History(15);
    expect(read("f348cdc9c9070000", history)).toBe("Hello");
    expect(read("f200110000", history)).toBe("Hello");
  });
});

describe("what a peer may not send", () => {
  test.each([
    ["ff", "a block of the reserved kind"],
    ["f2", "a block that is cut"],
    ["f248", "a symbol that is cut"],
    ["f248cdc9c9", "a block without end"],
    ["00 0500 faff 48656c", "bytes that are cut"],
    ["f248cdc9c90700 01", "a block header with nothing behind it"],
    ["f200110000", "a reference to before the beginning"],
    ["f348cdc9c90700", "a final block with nothing behind it"],
    ["01 0800 f7ff 4865", "a final block that would take what is put behind the message for its last six bytes"],
    ["01 0d00 f2ff 4865", "the same, for its last eleven bytes"],
    ["01 0f00 f0ff 4865", "the same, for its last thirteen bytes"],
    ["01 1000 efff 4865", "the same, for its last fourteen bytes"],
    ["f248cdc9c907000000ffff", "the tail that is to be left out, in half"],
  ])("[PD10] %s is corrupt: %s", (hex) => expect(read(hex)).toBe("corrupt"));

  test("[PD10] a final block that would take what is put behind the message for codes, and end there, is corrupt", () => {
    // The fuzzer's: with 00 00 ff ff 03 00 behind it, it is whole and 635 bytes long.
    const bytes = Buffer.from("4b1c05a360", "hex");
    expect(inflate(bytes, { windowBits: 15, limitBytes: 1000 })).toEqual({ type: "fault", fault: "corrupt" });
  });

  test("[PD10] a message may end as what is put behind it does", () => {
    const message = Buffer.from("0000ffff010400fbff", "hex");
    for (const level of [0, 9]) {
      const bytes = deflateRawSync(message, { level, finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
      expect(inflate(bytes, { windowBits: 15, limitBytes: 9 })).toEqual({ type: "inflated", data: message });
    }
  });

  test("[PD10] any bytes are a message or a fault", () => {
    const noise = fc.uint8Array({ maxLength: 200 });
    const message = Buffer.from("Hello, ".repeat(20));
    const broken = fc.tuple(fc.nat(40), fc.nat(7)).map(([at, bit]) => {
      const bytes = Buffer.from(new Deflater({ windowBits: 15, level: 6, memLevel: 5 }).deflate(message) as Uint8Array);
      bytes[at % bytes.length] = (bytes[at % bytes.length] as number) ^ (1 << bit);
      return bytes;
    });
    fc.assert(
      fc.property(fc.oneof(noise, broken), (bytes) => {
        const result = inflate(bytes, { windowBits: 15, limitBytes: 1000 });
        const isBounded = result.type === "inflated" && result.data.length <= 1000;
        const isRefused = result.type === "fault" && ["corrupt", "tooBig", "tooManyStreams"].includes(result.fault);
        expect(isBounded || isRefused).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  test("[PD18] a message may begin 32 streams and no more", () => {
    const emptyFinalBlock = "0300";
    expect(read(`${emptyFinalBlock.repeat(31)}00`)).toBe("");
    expect(read(`${emptyFinalBlock.repeat(32)}00`)).toBe("tooManyStreams");
    expect(read(emptyFinalBlock.repeat(500_000))).toBe("tooManyStreams");
  });
});

describe("bombs", () => {
  const million = deflateRawSync(new Uint8Array(2 ** 20), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);

  test("[PD12] the limit is the longest message, one byte more is a fault", () => {
    for (const [limitBytes, fault] of [
      [2 ** 20, undefined],
      [2 ** 20 - 1, "tooBig"],
      [1, "tooBig"],
      [0, "tooBig"],
    ] as const) {
      const result = inflate(million, { windowBits: 15, limitBytes });
      expect(result).toMatchObject(fault === undefined ? { data: { length: 2 ** 20 } } : { fault });
    }
    expect(read("00", undefined, 0)).toBe("");
  });

  test("[PD12] CVE-2026-1526: 64 KiB that would become 64 MiB make no more than the limit and a chunk", () => {
    const bomb = deflateRawSync(new Uint8Array(2 ** 26), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
    const before = process.memoryUsage().rss;
    expect(told(inflate(bomb, { windowBits: 15, limitBytes: 2 ** 20 }))).toBe("tooBig");
    expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 24);
  });

  test("[PD12] no limit, or one beyond what a buffer can hold, is a limit that no message reaches", () => {
    for (const limitBytes of [Infinity, 2 ** 40, kMaxLength]) {
      const hello = inflate(Buffer.from("f248cdc9c90700", "hex"), { windowBits: 15, limitBytes });
      expect(hello).toEqual({ type: "inflated", data: Buffer.from("Hello") });
    }
  });

  test("[PD12] the limit is of all streams of a message together", () => {
    const final = deflateRawSync(new Uint8Array(600));
    const two = Buffer.concat([final, final, Uint8Array.of(0)]);
    expect(inflate(two, { windowBits: 15, limitBytes: 1200 })).toMatchObject({ data: { length: 1200 } });
    expect(told(inflate(two, { windowBits: 15, limitBytes: 1199 }))).toBe("tooBig");
  });
});

describe("what we send", () => {
  test("[PD8] is what the RFC shows", () => {
    const deflater = new Deflater({ windowBits: 15, level: 6, memLevel: 8 });
    const hello = Buffer.from("HelloHelloHello");
    const compressed = deflater.deflate(hello) as Uint8Array;
    expect(compressed.at(-1)).toBe(0);
    expect(told(inflate(compressed, { windowBits: 15, limitBytes: 15 }))).toBe("HelloHelloHello");
  });

  test("[PD13] nothing that would not become shorter", () => {
    const deflater = new Deflater({ windowBits: 15, level: 6, memLevel: 8 });
    expect(deflater.deflate(Buffer.from("Hello"))).toBeUndefined();
    expect(deflater.deflate(new Uint8Array(0))).toBeUndefined();
    expect(deflater.deflate(Buffer.from("Hello there"), Buffer.from("Hello there"))?.length).toBeLessThan(11);
  });

  test("[PD14] connections with the same options share a deflater", () => {
    const options = { windowBits: 11, level: 6, memLevel: 5 };
    expect(sharedDeflater(options)).toBe(sharedDeflater({ ...options }));
    expect(sharedDeflater({ ...options, level: 5 })).not.toBe(sharedDeflater(options));
  });

  test("[PD16] a peer with the window that was agreed on can read it, whatever came before", () => {
    const word = fc.constantFrom("switchboard ", "channel ", "é", "0123456789".repeat(30));
    const text = fc.array(word, { maxLength: 60 }).map((words) => Buffer.from(words.join("")));
    const shape = {
      windowBits: fc.integer({ min: 9, max: 15 }),
      level: fc.nat(9),
      memLevel: fc.integer({ min: 1, max: 9 }),
    };
    fc.assert(
      fc.property(fc.record(shape), fc.array(text, { maxLength: 8 }), fc.boolean(), (options, messages, takesOver) => {
        const deflater = new Deflater(options);
        const sent = takesOver ? new History(options.windowBits) : undefined;
        const history = takesOver ? new History(options.windowBits) : undefined;
        for (const message of messages) {
          const compressed = deflater.deflate(message, sent?.dictionary);
          if (compressed === undefined) continue;
          sent?.append(message);
          const result = inflate(compressed, { windowBits: options.windowBits, limitBytes: message.length, history });
          expect(told(result)).toBe(message.toString());
        }
      }),
      { numRuns: 200 },
    );
  });
});
