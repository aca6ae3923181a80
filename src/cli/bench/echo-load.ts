import { type ClientSocket, connect } from "../../engine/index.ts";
import { type Load, type LoadOptions, openAll } from "./load.ts";

interface EchoOptions extends LoadOptions {
  readonly payload: string | Uint8Array;
  readonly protocols: readonly string[];
}

interface Echoing {
  readonly socket: ClientSocket;
  /** When each message that is under way was sent, or was due: a server answers in their order. */
  readonly sentMs: number[];
}

/** Messages to a server that sends each back. */
export async function openEchoLoad(options: EchoOptions, signal: AbortSignal): Promise<Load> {
  const { connectionCount, tally } = options;
  const load = new EchoLoad(options);
  await openAll(connectionCount, () => load.open(signal), { tally, signal });
  return load;
}

class EchoLoad implements Load {
  readonly #options: EchoOptions;
  readonly #lines: Echoing[] = [];
  #isSending = false;
  #isStopped = false;
  #turn = 0;

  constructor(options: EchoOptions) {
    this.#options = options;
  }

  get openCount(): number {
    return this.#lines.length;
  }

  async open(signal: AbortSignal): Promise<void> {
    const { connectOptions, protocols, received, tally, url } = this.#options;
    const sentMs: number[] = [];
    const socket = await connect(url, {
      ...connectOptions,
      protocols,
      signal,
      message: (_, data) => {
        const nowMs = performance.now();
        const startedMs = sentMs.shift();
        if (startedMs === undefined) return; // nobody asked for it
        tally.receive(startedMs, nowMs, typeof data === "string" ? Buffer.byteLength(data) : data.length);
        received();
        if (this.#isSending && this.#options.perSecond === undefined) this.#send(line, nowMs);
      },
      close: (_, { code, reason }) => {
        this.#lines.splice(this.#lines.indexOf(line), 1);
        if (!this.#isStopped) tally.fault(`closed with ${code}${reason === "" ? "" : ` ${JSON.stringify(reason)}`}`);
      },
    });
    const line: Echoing = { socket, sentMs };
    this.#lines.push(line);
  }

  start(): void {
    this.#isSending = true;
    if (this.#options.perSecond !== undefined) return;
    for (const line of this.#lines) {
      for (let count = 0; count < this.#options.inFlightCount; count++) this.#send(line, performance.now());
    }
  }

  sendOne(dueMs: number): boolean {
    const line = this.#lines[this.#turn++ % Math.max(1, this.#lines.length)];
    if (line === undefined || line.sentMs.length >= this.#options.inFlightCount) return false;
    this.#send(line, dueMs);
    return true;
  }

  async stop(): Promise<void> {
    [this.#isSending, this.#isStopped] = [false, true];
    for (const { socket } of this.#lines) socket.close(1000);
  }

  #send({ sentMs, socket }: Echoing, dueMs: number): void {
    sentMs.push(dueMs);
    this.#options.tally.send();
    socket.send(this.#options.payload);
  }
}
