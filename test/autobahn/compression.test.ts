import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rawFrame } from "../raw-peer.ts";
import { cut } from "./case.ts";
import { type Echo, roles } from "./echo.ts";
import { SuiteCodec } from "./suite-codec.ts";

/** The sizes of the suite's messages, and of their fragments: 0 for none. */
const sizes = [16, 64, 256, 1024, 4096, 8192, 16_384, 32_768, 65_536, 131_072]
  .map((bytes): readonly [number, number] => [bytes, 0])
  .concat([8192, 16_384, 32_768, 65_536, 131_072].map((bytes) => [bytes, 256]))
  .concat([1024, 4096, 32_768].map((fragmentBytes) => [131_072, fragmentBytes]));
// The suite sends 1000 of each; what they have in common shows in a few.
const messageCount = 6;

const words =
  "Habe nun, ach! Philosophie, Juristerei und Medizin, und leider auch Theologie durchaus studiert, mit heißem Bemühn. ";
const json = JSON.stringify({ id: 7, name: "Ada", tags: ["a", "b"], at: 1_793_520_000_000, text: "é€𝄞" });
/** Bytes that hardly shrink. */
const noise = Buffer.from(
  Array.from({ length: 65_536 }, (_, index) => (Math.imul(index ^ 0x5bd1e995, 0x9e3779b1) >>> 11) & 255),
);

const dataKinds = [
  { group: "12.1", title: "prose", opcode: 2 as const, data: Buffer.from(words) },
  { group: "12.2", title: "a picture", opcode: 2 as const, data: noise },
  { group: "12.3", title: "a human's writing", opcode: 2 as const, data: Buffer.from(words.toUpperCase()) },
  { group: "12.4", title: "JSON", opcode: 1 as const, data: Buffer.from(json.replaceAll(/[^ -~]/g, "-")) },
  { group: "12.5", title: "UTF-8", opcode: 2 as const, data: Buffer.from(json) },
];

/** What the suite offers as a client, and what it answers as a server: that may not ask for a window zlib has not (RFC 7692 §7.1.2). */
const standard = "client_no_context_takeover; client_max_window_bits";
const parameters = [
  { group: "13.1", offer: `permessage-deflate; ${standard}`, answer: "permessage-deflate; client_no_context_takeover" },
  {
    group: "13.2",
    offer: `permessage-deflate; ${standard}; server_no_context_takeover`,
    answer: "permessage-deflate; client_no_context_takeover; server_no_context_takeover",
  },
  {
    group: "13.3",
    offer: `permessage-deflate; ${standard}; server_max_window_bits=8`,
    answer: "permessage-deflate; client_max_window_bits=9; server_max_window_bits=9",
  },
  {
    group: "13.4",
    offer: `permessage-deflate; ${standard}; server_max_window_bits=15`,
    answer: "permessage-deflate; client_max_window_bits=15; server_max_window_bits=15",
  },
  {
    group: "13.5",
    offer: `permessage-deflate; ${standard}; server_no_context_takeover; server_max_window_bits=8`,
    answer:
      "permessage-deflate; client_no_context_takeover; client_max_window_bits=9; server_no_context_takeover; server_max_window_bits=9",
  },
  {
    group: "13.6",
    offer: `permessage-deflate; ${standard}; server_no_context_takeover; server_max_window_bits=15`,
    answer: "permessage-deflate; server_no_context_takeover; server_max_window_bits=15",
  },
  {
    group: "13.7",
    offer: `permessage-deflate; ${standard}; server_no_context_takeover; server_max_window_bits=8, permessage-deflate; ${standard}`,
    answer: "permessage-deflate",
  },
];

interface CompressionCase {
  readonly group: string;
  readonly title: string;
  readonly offer: string;
  readonly answer: string;
  readonly opcode: 1 | 2;
  readonly data: Buffer;
  readonly bytes: number;
  readonly fragmentBytes: number;
}

const kinds = [
  ...dataKinds.map((kind) => ({ ...kind, offer: `permessage-deflate; ${standard}`, answer: "permessage-deflate" })),
  ...parameters.map((one) => ({
    ...one,
    title: one.offer,
    opcode: 1 as const,
    data: Buffer.from(json.replaceAll(/[^ -~]/g, "-")),
  })),
];
const cases: readonly (CompressionCase & { readonly id: string })[] = kinds.flatMap((kind) =>
  sizes.map(([bytes, fragmentBytes], index) => ({ ...kind, id: `${kind.group}.${index + 1}`, bytes, fragmentBytes })),
);

describe.each(roles)("a $role", ({ role, start }) => {
  let echo: Echo;

  beforeAll(async () => {
    echo = await start({ compression: { thresholdBytes: 0, contextTakeover: true } });
  });
  afterAll(() => echo.close());

  test.each(cases)(
    "[AB4] Autobahn $id: messages of $bytes bytes in fragments of $fragmentBytes, $title",
    async (one) => {
      const { peer, masks, extensions } = await echo.open(role === "server" ? one.offer : one.answer);
      expect(extensions).toMatch(/^permessage-deflate/);
      const codec = new SuiteCodec(extensions, role === "server" ? "client" : "server");
      for (let number = 0; number < messageCount; number++) {
        const message = Buffer.alloc(one.bytes, Buffer.concat([Buffer.from(`${number} `), one.data]));
        const compressed = codec.deflate(message);
        const size = one.fragmentBytes === 0 ? compressed.length : one.fragmentBytes;
        for (const [index, step] of cut(one.opcode, compressed, size).entries()) {
          if (step.type !== "frame") continue;
          const frame = rawFrame(0, step.payload, { maskingKey: masks ? 0x37fa213d : undefined });
          frame[0] = step.first | (index === 0 ? 0x40 : 0);
          peer.write(frame);
        }
        const echoed = await peer.readFrame();
        expect(echoed.opcode).toBe(one.opcode);
        const payload = echoed.isCompressed ? codec.inflate(echoed.payload) : echoed.payload;
        expect(payload.equals(message)).toBe(true);
      }
      peer.destroy();
    },
  );
});
