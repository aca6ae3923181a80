import { Writable } from "node:stream";
import { Connection, type ConnectionEvent } from "../engine/index.ts";
import { createFault } from "./faults.ts";
import { type BinaryType, toBuffer, toRawData } from "./payload.ts";
import type { PerMessageDeflate } from "./permessage-deflate.ts";

/** What a {@link Receiver} is made from. Limits of 0, their default, are none. */
export interface ReceiverOptions {
  /** Whether several messages may be told of in one turn. Default true. */
  readonly allowSynchronousEvents?: boolean | undefined;
  readonly binaryType?: BinaryType | undefined;
  readonly extensions?: { readonly "permessage-deflate"?: PerMessageDeflate } | undefined;
  readonly isServer?: boolean | undefined;
  readonly maxPayload?: number | undefined;
  readonly maxFragments?: number | undefined;
  /** Without effect: the protocol joins pieces as they come. */
  readonly maxBufferedChunks?: number | undefined;
  /** Without effect: text is always checked. */
  readonly skipUTF8Validation?: boolean | undefined;
}

/**
 * The class `Receiver` of `ws`: a stream that takes a peer's bytes and emits `message` (data, isBinary), `ping`, `pong` and `conclude`
 * (code, reason). A {@link WebSocket} does not need it.
 */
export class Receiver extends Writable {
  _binaryType: BinaryType;
  readonly #connection: Connection;
  readonly #isSynchronous: boolean;

  constructor(options: ReceiverOptions = {}) {
    super();
    const { isServer = false, maxPayload = 0, maxFragments = 0, binaryType = "nodebuffer" } = options;
    this._binaryType = binaryType;
    this.#isSynchronous = options.allowSynchronousEvents ?? true;
    this.#connection = new Connection({
      role: isServer ? "server" : "client",
      maxMessageBytes: maxPayload > 0 ? maxPayload : Infinity,
      maxFragmentCount: maxFragments > 0 ? maxFragments : Infinity,
      answersPings: false,
      createMaskingKey: () => 0, // what it answers is thrown away
      codec: options.extensions?.["permessage-deflate"]?.createCodec(),
    });
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    this.#connection.receive(Buffer.from(chunk)); // a copy: it is unmasked where it lies
    this.#connection.takeOutput();
    this.#deliver([...this.#connection.takeEvents()], done);
  }

  #deliver(events: ConnectionEvent[], done: (error?: Error) => void): void {
    for (let event = events.shift(); event !== undefined; event = events.shift()) {
      if (event.type === "fail") return done(createFault(event.reason));
      this.#tell(event);
      if (!this.#isSynchronous && events.length > 0) return void setImmediate(() => this.#deliver(events, done));
    }
    done();
  }

  #tell(event: Exclude<ConnectionEvent, { readonly type: "fail" }>): void {
    switch (event.type) {
      case "message":
        return void this.emit(
          "message",
          toRawData(toBuffer(event.data), event.opcode, this._binaryType),
          event.opcode === "binary",
        );
      case "ping":
      case "pong":
        return void this.emit(event.type, toBuffer(event.data));
      case "close":
        this.emit("conclude", event.code, Buffer.from(event.reason));
        return process.nextTick(() => this.end()); // what is still written is taken, and not looked at
      case "piece":
      case "bytes":
        return; // told only where it is asked for
      default:
        event satisfies never;
    }
  }
}
