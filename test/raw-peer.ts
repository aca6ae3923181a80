import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** A frame as it was on the wire, with a mask taken off. */
export interface RawFrame {
  readonly opcode: number;
  readonly isMasked: boolean;
  readonly isFinal: boolean;
  /** Whether RSV1 was set. */
  readonly isCompressed?: true;
  readonly payload: Buffer;
}

/** The key of RFC 6455 §1.3, and its answer. */
export const sampleKey = "dGhlIHNhbXBsZSBub25jZQ==";
export const sampleAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/** A handshake's bytes; `headers` replace or, when undefined, remove the usual ones. */
export function rawHandshake(
  options: { readonly line?: string; readonly headers?: Readonly<Record<string, string | undefined>> } = {},
): string {
  const headers: Record<string, string | undefined> = {
    Host: "localhost",
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Key": sampleKey,
    "Sec-WebSocket-Version": "13",
    ...options.headers,
  };
  const lines = Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
  return [options.line ?? "GET / HTTP/1.1", ...lines, "", ""].join("\r\n");
}

/** A frame's bytes. `maskingKey` undefined: unmasked, as a server's. */
export function rawFrame(
  opcode: number,
  payload: string | Uint8Array = "",
  options: { readonly isFinal?: boolean; readonly maskingKey?: number | undefined } = {},
): Buffer {
  const { isFinal = true } = options;
  const key = "maskingKey" in options ? options.maskingKey : 0x37fa213d;
  const bytes = Buffer.from(payload);
  const maskBit = key === undefined ? 0 : 0x80;
  const length =
    bytes.length < 126
      ? [bytes.length]
      : bytes.length < 65536
        ? [126, bytes.length >> 8, bytes.length & 255]
        : [127, 0, 0, 0, 0, ...uint32(bytes.length)];
  const keyBytes = key === undefined ? [] : uint32(key);
  const masked = bytes.map((byte, index) => byte ^ (keyBytes[index % 4] ?? 0));
  return Buffer.concat([
    Buffer.from([(isFinal ? 0x80 : 0) | opcode, (length[0] ?? 0) | maskBit, ...length.slice(1), ...keyBytes]),
    masked,
  ]);
}

/** A close frame of a client. */
export function rawClose(code: number, reason = ""): Buffer {
  return rawFrame(8, Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]));
}

function uint32(value: number): number[] {
  return [(value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}

/** A peer on a bare socket: it sends exact bytes, and reads what comes as bytes, as a response head, or as frames. */
export class RawPeer {
  readonly socket: Socket;
  /** The `data` events so far: with nothing else going on, one for each write of the other side. */
  chunkCount = 0;
  #bytes = Buffer.alloc(0);
  #hasEnded = false;
  #wake: () => void = () => {};

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.chunkCount++;
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      this.#wake();
    });
    for (const event of ["end", "close"]) {
      socket.on(event, () => {
        this.#hasEnded = true;
        this.#wake();
      });
    }
    socket.on("error", () => {});
  }

  /** Connects; stays half open when the other side ends. */
  static async connect(port: number): Promise<RawPeer> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
    await once(socket, "connect");
    return new RawPeer(socket);
  }

  /** Connects and shakes hands. */
  static async open(port: number, options: Parameters<typeof rawHandshake>[0] = {}): Promise<RawPeer> {
    const peer = await RawPeer.connect(port);
    peer.write(rawHandshake(options));
    const head = await peer.readHead();
    if (!head.startsWith("HTTP/1.1 101 ")) throw new Error(`Cannot open a raw peer: ${head}`);
    return peer;
  }

  write(bytes: string | Uint8Array): void {
    this.socket.write(bytes);
  }

  /** The response head, as text. */
  async readHead(): Promise<string> {
    await this.#until(() => this.#bytes.includes("\r\n\r\n"));
    return this.#take(this.#bytes.indexOf("\r\n\r\n") + 4).toString("latin1");
  }

  /** The next frame. Rejects if the connection ends before. */
  async readFrame(): Promise<RawFrame> {
    await this.#until(() => frameBytes(this.#bytes) <= this.#bytes.length);
    return parseFrame(this.#take(frameBytes(this.#bytes)));
  }

  /** The next frame's payload as text. */
  async readText(): Promise<string> {
    return (await this.readFrame()).payload.toString();
  }

  /** Everything until the other side ends. */
  async readToEnd(): Promise<string> {
    await this.#until(() => this.#hasEnded);
    return this.#take(this.#bytes.length).toString("latin1");
  }

  /** Cuts the connection. */
  destroy(): void {
    this.socket.destroy();
  }

  #take(count: number): Buffer {
    const taken = this.#bytes.subarray(0, count);
    this.#bytes = this.#bytes.subarray(count);
    return taken;
  }

  async #until(isThere: () => boolean): Promise<void> {
    while (!isThere()) {
      if (this.#hasEnded) {
        throw new Error(`Cannot read on: the connection ended after ${JSON.stringify(this.#bytes.toString("latin1"))}`);
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

/** How long the first frame of `bytes` is; `Infinity` while that is not known. */
function frameBytes(bytes: Buffer): number {
  const second = bytes[1];
  if (second === undefined) return Infinity;
  const lengthBytes = (second & 127) === 126 ? 2 : (second & 127) === 127 ? 8 : 0;
  if (bytes.length < 2 + lengthBytes) return Infinity;
  const length =
    lengthBytes === 0 ? second & 127 : lengthBytes === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  return 2 + lengthBytes + (second & 128 ? 4 : 0) + length;
}

function parseFrame(bytes: Buffer): RawFrame {
  const [first = 0, second = 0] = bytes;
  const isMasked = (second & 128) !== 0;
  const headBytes = 2 + ((second & 127) === 126 ? 2 : (second & 127) === 127 ? 8 : 0);
  const key = isMasked ? bytes.subarray(headBytes, headBytes + 4) : Buffer.alloc(4);
  const payload = Buffer.from(bytes.subarray(headBytes + (isMasked ? 4 : 0)));
  return {
    opcode: first & 15,
    isMasked,
    isFinal: (first & 128) !== 0,
    ...((first & 64) === 0 ? {} : { isCompressed: true }),
    payload: payload.map((byte, index) => byte ^ (key[index % 4] ?? 0)) as Buffer,
  };
}
