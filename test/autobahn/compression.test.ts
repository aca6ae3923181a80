import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createWebSocketServer, type WebSocketServer } from "../../src/engine/index.ts";
import { RawPeer, rawFrame, rawHandshake } from "../raw-peer.ts";
import { cut } from "./case.ts";

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
  { group: "12.4", title: "JSON", opcode: 1 as const, data: Buffer.from(json.replaceAll(/[^ -~]/g, "-")) },
];

const standard = "client_no_context_takeover; client_max_window_bits";
const parameters = [
  { group: "13.1", offer: `permessage-deflate; ${standard}` },
  { group: "13.2", offer: `permessage-deflate; ${standard}; server_no_context_takeover` },
  { group: "13.3", offer: `permessage-deflate; ${standard}; server_max_window_bits=8` },
  { group: "13.4", offer: `permessage-deflate; ${standard}; server_max_window_bits=15` },
  { group: "13.5", offer: `permessage-deflate; ${standard}; server_no_context_takeover; server_max_window_bits=8` },
  { group: "13.6", offer: `permessage-deflate; ${standard}; server_no_context_takeover; server_max_window_bits=15` },
  {
    group: "13.7",
    offer: `permessage-deflate; ${standard}; server_no_context_takeover; server_max_window_bits=8, permessage-deflate; ${standard}`,
  },
];

interface CompressionCase {
  readonly group: string;
  readonly title: string;
  readonly offer: string;
  readonly opcode: 1 | 2;
  readonly data: Buffer;
  readonly bytes: number;
  readonly fragmentBytes: number;
}

const kinds = [
  ...dataKinds.map((kind) => ({ ...kind, offer: `permessage-deflate; ${standard}` })),
  ...parameters.map((one) => ({
    ...one,
    title: one.offer,
    opcode: 1 as const,
    data: dataKinds[2]?.data ?? Buffer.alloc(0),
  })),
];
const cases: readonly (CompressionCase & { readonly id: string })[] = kinds.flatMap((kind) =>
  sizes.map(([bytes, fragmentBytes], index) => ({ ...kind, id: `${kind.group}.${index + 1}`, bytes, fragmentBytes })),
);

let server: WebSocketServer;
let port = 0;

beforeAll(async () => {
  server = createWebSocketServer({
    message: (socket, data) => void socket.send(data),
    compression: { thresholdBytes: 0, contextTakeover: true },
  });
  ({ port } = await server.listen({ port: 0, host: "127.0.0.1" }));
});
afterAll(() => server.close({ graceMs: 0 }));

test.each(cases)("[AB4] Autobahn $id: messages of $bytes bytes in fragments of $fragmentBytes, $title", async (one) => {
  const peer = await RawPeer.connect(port);
  peer.write(rawHandshake({ headers: { "Sec-WebSocket-Extensions": one.offer } }));
  const answer = /^Sec-WebSocket-Extensions: (.*)\r$/im.exec(await peer.readHead())?.[1] ?? "";
  expect(answer).toMatch(/^permessage-deflate/);
  const codec = new SuiteCodec(answer);
  for (let number = 0; number < messageCount; number++) {
    const message = Buffer.alloc(one.bytes, Buffer.concat([Buffer.from(`${number} `), one.data]));
    const compressed = codec.deflate(message);
    const size = one.fragmentBytes === 0 ? compressed.length : one.fragmentBytes;
    for (const [index, step] of cut(one.opcode, compressed, size).entries()) {
      if (step.type !== "frame") continue;
      const frame = rawFrame(0, step.payload);
      frame[0] = step.first | (index === 0 ? 0x40 : 0);
      peer.write(frame);
    }
    const echoed = await peer.readFrame();
    expect(echoed.opcode).toBe(one.opcode);
    const payload = echoed.isCompressed ? codec.inflate(echoed.payload) : echoed.payload;
    expect(payload.equals(message)).toBe(true);
  }
  peer.destroy();
});

/** The suite's compression, as the answer says: zlib with what came before as a dictionary, where that may be. */
class SuiteCodec {
  readonly #clientBits: number;
  readonly #clientTakesOver: boolean;
  readonly #serverBits: number;
  readonly #serverTakesOver: boolean;
  #sent: Buffer = Buffer.alloc(0);
  #received: Buffer = Buffer.alloc(0);

  constructor(answer: string) {
    const bits = (name: string): number => Number(new RegExp(`${name}_max_window_bits=(\\d+)`).exec(answer)?.[1] ?? 15);
    this.#clientBits = Math.max(9, bits("client"));
    this.#serverBits = bits("server");
    this.#clientTakesOver = !answer.includes("client_no_context_takeover");
    this.#serverTakesOver = !answer.includes("server_no_context_takeover");
  }

  deflate(message: Buffer): Buffer {
    const dictionary = this.#clientTakesOver && this.#sent.length > 0 ? { dictionary: this.#sent } : {};
    const options = { windowBits: this.#clientBits, finishFlush: constants.Z_SYNC_FLUSH, ...dictionary };
    this.#sent = Buffer.concat([this.#sent, message]).subarray(-(2 ** this.#clientBits));
    return deflateRawSync(message, options).subarray(0, -4);
  }

  inflate(payload: Buffer): Buffer {
    const dictionary = this.#serverTakesOver && this.#received.length > 0 ? { dictionary: this.#received } : {};
    const message = inflateRawSync(Buffer.concat([payload, Buffer.from("0000ffff", "hex")]), {
      windowBits: Math.max(9, this.#serverBits),
      finishFlush: constants.Z_SYNC_FLUSH,
      ...dictionary,
    });
    this.#received = Buffer.concat([this.#received, message]).subarray(-(2 ** this.#serverBits));
    return message;
  }
}
