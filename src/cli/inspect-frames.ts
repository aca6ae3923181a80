/** What happens on a connection that is open: a ping, the first frames, and the close. */
import { randomBytes } from "node:crypto";
import type { Codec } from "../engine/index.ts";
import { Connection, type ConnectionEvent } from "../protocol/index.ts";
import type { Duplex } from "node:stream";
import { FrameTap } from "./frame-tap.ts";
import { roundMs } from "./inspection-log.ts";
import type { InspectedClose, InspectedFrame } from "./inspection.ts";

const maxFrameCount = 12;
/** How long the peer has for its close frame. */
const closeTimeoutMs = 1_000;
const pingPayload = "inspect";

export interface Exchange {
  readonly frames: readonly InspectedFrame[];
  readonly pingMs: number | undefined;
  readonly close: InspectedClose;
  /** What rule the peer broke, if it did. */
  readonly fault: string | undefined;
}

/** Sends a ping, listens for `listenMs`, closes with 1000. */
export function exchangeFrames(options: {
  readonly socket: Duplex;
  readonly rest: Uint8Array;
  readonly codec: Codec | undefined;
  readonly listenMs: number;
  readonly signal: AbortSignal;
}): Promise<Exchange> {
  const exchange = new FrameExchange(options.socket, options.codec);
  return exchange.run(options);
}

class FrameExchange {
  readonly #socket: Duplex;
  readonly #connection: Connection;
  readonly #taps = { sent: new FrameTap(), received: new FrameTap() };
  readonly #frames: InspectedFrame[] = [];
  readonly #openedMs = performance.now();
  #pingedMs = 0;
  #pingMs: number | undefined;
  #close: InspectedClose | undefined;
  #fault: string | undefined;

  constructor(socket: Duplex, codec: Codec | undefined) {
    this.#socket = socket;
    this.#connection = new Connection({ role: "client", codec, createMaskingKey: () => randomBytes(4).readUInt32BE() });
  }

  async run({
    rest,
    listenMs,
    signal,
  }: {
    readonly rest: Uint8Array;
    readonly listenMs: number;
    readonly signal: AbortSignal;
  }): Promise<Exchange> {
    const ended = this.#listen();
    const stop = (): void => this.#closeFirst();
    const timer = setTimeout(stop, listenMs);
    signal.addEventListener("abort", stop);
    this.#pingedMs = performance.now();
    this.#send(this.#connection.sendPing(Buffer.from(pingPayload)));
    this.#receive(rest);
    await ended;
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
    const lost: InspectedClose = { code: 1006, reason: "", by: "network" };
    return { frames: this.#frames, pingMs: this.#pingMs, close: this.#close ?? lost, fault: this.#fault };
  }

  /** Resolves when nothing more will come. */
  #listen(): Promise<void> {
    return new Promise((resolve) => {
      this.#socket
        .on("data", (chunk: Buffer) => {
          this.#receive(chunk);
          if (this.#connection.state === "closed") this.#socket.end(resolve);
        })
        .on("end", resolve)
        .on("error", () => resolve())
        .on("close", resolve)
        .resume();
    });
  }

  #receive(chunk: Uint8Array): void {
    this.#record("received", chunk);
    this.#connection.receive(chunk);
    for (const event of this.#connection.takeEvents()) this.#take(event);
    for (const bytes of this.#connection.takeOutput()) this.#send(bytes);
    if (this.#frames.length >= maxFrameCount) this.#closeFirst();
  }

  #take(event: ConnectionEvent): void {
    if (event.type === "pong" && Buffer.from(event.data).toString() === pingPayload) {
      this.#pingMs ??= roundMs(performance.now() - this.#pingedMs);
    }
    if (event.type === "fail") {
      this.#fault = event.reason;
      this.#close = { code: event.code, reason: event.reason, by: "us" };
      this.#socket.end();
    }
    if (event.type === "close") this.#close ??= { code: event.code, reason: event.reason, by: "peer" };
  }

  #closeFirst(): void {
    if (this.#connection.state !== "open") return;
    this.#close = { code: 1000, reason: "", by: "us" };
    this.#send(this.#connection.sendClose(1000));
    setTimeout(() => this.#socket.destroy(), closeTimeoutMs).unref();
  }

  #send(bytes: Uint8Array): void {
    this.#record("sent", bytes);
    this.#socket.write(bytes);
  }

  #record(direction: InspectedFrame["direction"], bytes: Uint8Array): void {
    const afterMs = roundMs(performance.now() - this.#openedMs);
    const tapped = this.#taps[direction].receive(bytes);
    this.#frames.push(...tapped.map((frame) => ({ afterMs, direction, ...frame })));
  }
}
