/** What a message carries. */
export interface Payload {
  readonly kind: "ascii" | "non-ascii" | "binary";
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
  return Buffer.alloc(bytes, fills[kind]);
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
