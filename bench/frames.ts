/** What a message carries. */
export interface Payload {
  readonly kind: "ascii" | "non-ascii" | "binary" | "json";
  /** A multiple of 8, so that no character is cut. */
  readonly bytes: number;
}

const maskingKey = [0x37, 0xfa, 0x21, 0x3d];
const fills = { ascii: "switchboard ", "non-ascii": "aéñ中", binary: Buffer.from([0, 255, 1, 254]) } as const;

/** A whole message as a server sends it. */
export function serverFrame(payload: Payload): Buffer {
  return Buffer.concat([header(payload, 0), content(payload)]);
}

/** A whole message as a client sends it. */
export function clientFrame(payload: Payload): Buffer {
  const masked = content(payload).map((byte, index) => byte ^ (maskingKey[index % 4] ?? 0));
  return Buffer.concat([header(payload, 0x80), Buffer.from(maskingKey), masked]);
}

function content({ kind, bytes }: Payload): Buffer {
  return kind === "json" ? Buffer.from(jsonOf(bytes)) : Buffer.alloc(bytes, fills[kind]);
}

/** Orders, as an exchange would send them: as repetitive as JSON is, and no more. */
function jsonOf(byteCount: number): string {
  let seed = 7;
  const next = (): number => (seed = Math.imul(seed, 48271) & 0x7fffffff);
  const orders: object[] = [];
  for (;;) {
    const order = { id: next(), side: (next() >> 16) & 1 ? "buy" : "sell", price: next() % 1_000_000 };
    if (JSON.stringify([...orders, order]).length > byteCount) break;
    orders.push(order);
  }
  return JSON.stringify(orders).padEnd(byteCount, " ");
}

function header({ kind, bytes }: Payload, maskBit: number): Buffer {
  const first = kind === "binary" ? 0x82 : 0x81;
  if (bytes < 126) return Buffer.from([first, maskBit | bytes]);
  const head = Buffer.alloc(bytes < 65_536 ? 4 : 10);
  head.writeUInt16BE((first << 8) | maskBit | (head.length === 4 ? 126 : 127));
  if (head.length === 4) head.writeUInt16BE(bytes, 2);
  else head.writeBigUInt64BE(BigInt(bytes), 2);
  return head;
}

/** Counts the messages in a stream of frames, masked or not, and looks at no payload. */
export class FrameCounter {
  #head: number[] = [];
  #payloadBytes = 0;

  /** How many messages these bytes completed. A close frame throws: a server that leaves cannot be measured. */
  count(chunk: Uint8Array): number {
    let messageCount = 0;
    let at = 0;
    for (;;) {
      const isHeadWhole = this.#head.length >= 2 && this.#head.length === this.#headBytes();
      if (!isHeadWhole) {
        const byte = chunk[at];
        if (byte === undefined) return messageCount;
        at += 1;
        this.#head.push(byte);
        if (this.#head.length >= 2 && this.#head.length === this.#headBytes()) this.#payloadBytes = this.#readLength();
        continue;
      }
      const part = Math.min(this.#payloadBytes, chunk.length - at);
      at += part;
      this.#payloadBytes -= part;
      if (this.#payloadBytes > 0) return messageCount;
      const first = this.#head[0] ?? 0;
      if ((first & 15) === 8) throw new Error("Cannot measure: the server closed a connection");
      if ((first & 15) <= 2 && first >= 128) messageCount += 1;
      this.#head = [];
    }
  }

  #headBytes(): number {
    const second = this.#head[1] ?? 0;
    return 2 + lengthBytes(second) + (second >= 128 ? 4 : 0);
  }

  #readLength(): number {
    const second = this.#head[1] ?? 0;
    const extended = this.#head.slice(2, 2 + lengthBytes(second));
    return extended.length === 0 ? second & 127 : extended.reduce((length, byte) => length * 256 + byte, 0);
  }
}

function lengthBytes(second: number): number {
  return (second & 127) === 126 ? 2 : (second & 127) === 127 ? 8 : 0;
}
