import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { setImmediate as turn, setTimeout as delay } from "node:timers/promises";
import type { SeededRandom } from "switchboard/testing";

/** What becomes of one line. */
export interface LineFate {
  /** Bytes of one write, for the first {@link choppedBytes} each way; `Infinity`: as they come. */
  readonly chunkBytes: number;
  /** Each way. */
  readonly delayMs: number;
  /** When its end begins. */
  readonly endAfterMs: number;
  /**
   * `close`: both ends see a FIN. `reset`: both see a RST. `half-open`: what one end sends arrives nowhere, for `lastsMs`, then a reset.
   * `stalled`: nothing is read from either end for `lastsMs`, then it goes on, for good.
   */
  readonly end: "close" | "reset" | "half-open" | "stalled";
  readonly lastsMs: number;
}

/** One byte a write is slow: after so many, the rest goes in larger pieces. */
const choppedBytes = 4096;
const maxQueuedBytes = 256 * 1024;

/** A line to which nothing happens. */
export const soundLine: LineFate = { chunkBytes: Infinity, delayMs: 0, endAfterMs: Infinity, end: "close", lastsMs: 0 };

/** The fate of a line in a torture: most are cut within 50-500 ms. */
export function drawFate(random: SeededRandom): LineFate {
  return {
    chunkBytes: random.pick([1, 1, 7, Infinity, Infinity, Infinity]),
    delayMs: random.pick([0, 0, 0, 1, 10, 80]),
    endAfterMs: random.chance(0.85) ? 50 + random.below(450) : 500 + random.below(9_500),
    end: random.pick(["close", "close", "reset", "reset", "half-open", "stalled"] as const),
    lastsMs: 300 + random.below(3_000),
  };
}

/** The fate of a line in the chaos: it lives for seconds, and may be silent for so long that its client must be told a gap. */
export function drawLongerFate(random: SeededRandom): LineFate {
  const endAfterMs = 1_000 + random.below(random.chance(0.5) ? 9_000 : 59_000);
  return { ...drawFate(random), endAfterMs, lastsMs: 300 + random.below(15_000) };
}

export interface FaultProxyOptions {
  readonly targetPort: number | (() => number);
  /** Called for each line. */
  readonly drawFate: () => LineFate;
}

/** A TCP proxy on the loopback interface whose lines break. */
export class FaultProxy {
  /** How many lines there were, and how many ended in which way. */
  readonly counts = { line: 0, chopped: 0, close: 0, reset: 0, "half-open": 0, stalled: 0 };
  readonly #options: FaultProxyOptions;
  readonly #lines = new Set<Line>();
  readonly #server: Server;
  #isHealed = false;

  private constructor(options: FaultProxyOptions) {
    this.#options = options;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#accept(client));
  }

  static async listen(options: FaultProxyOptions): Promise<FaultProxy> {
    const proxy = new FaultProxy(options);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** From now on nothing happens to any line; those that are broken already are reset. */
  heal(): void {
    this.#isHealed = true;
    for (const line of this.#lines) line.heal();
  }

  async close(): Promise<void> {
    this.#server.close();
    for (const line of this.#lines) line.end("reset");
    await once(this.#server, "close");
  }

  #accept(client: Socket): void {
    const { targetPort } = this.#options;
    const port = typeof targetPort === "number" ? targetPort : targetPort();
    const server = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    const fate = this.#isHealed ? soundLine : this.#options.drawFate();
    const line = new Line([client, server], fate, (end) => {
      this.counts[end] += 1;
    });
    this.counts.line += 1;
    if (fate.chunkBytes === 1) this.counts.chopped += 1;
    this.#lines.add(line);
    void line.ended.then(() => this.#lines.delete(line));
  }
}

class Line {
  readonly ended: Promise<unknown>;
  readonly #sockets: readonly [Socket, Socket];
  readonly #pumps: readonly [Pump, Pump];
  #timer: NodeJS.Timeout | undefined;
  #isBroken = false;

  constructor(sockets: readonly [Socket, Socket], fate: LineFate, tell: (end: LineFate["end"]) => void) {
    const [client, server] = sockets;
    this.#sockets = sockets;
    this.#pumps = [new Pump(client, server, fate), new Pump(server, client, fate)];
    this.ended = Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once("close", resolve))));
    for (const socket of sockets) {
      socket.on("error", () => {});
      socket.on("close", () => this.end("close"));
    }
    if (fate.endAfterMs === Infinity) return;
    this.#timer = setTimeout(() => {
      tell(fate.end);
      this.#begin(fate);
    }, fate.endAfterMs);
  }

  end(how: "close" | "reset"): void {
    clearTimeout(this.#timer);
    for (const socket of this.#sockets) {
      if (how === "reset") socket.resetAndDestroy();
      else socket.destroy();
    }
  }

  heal(): void {
    if (this.#isBroken) return this.end("reset");
    clearTimeout(this.#timer);
    for (const pump of this.#pumps) pump.goOn();
  }

  #begin({ end, lastsMs }: LineFate): void {
    if (end === "close" || end === "reset") return this.end(end);
    this.#isBroken = end === "half-open";
    // Which end is not heard any more: the one or the other, as the time has it.
    if (end === "half-open") this.#pumps[lastsMs % 2 === 0 ? 0 : 1].lose();
    else for (const pump of this.#pumps) pump.stall();
    this.#timer = setTimeout(() => {
      if (this.#isBroken) this.end("reset");
      else for (const pump of this.#pumps) pump.goOn();
    }, lastsMs);
  }
}

/** One direction of a line. */
class Pump {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #fate: LineFate;
  readonly #queue: Buffer[] = [];
  #queuedBytes = 0;
  #passedBytes = 0;
  #isRunning = false;
  #isLosing = false;
  #isStalled = false;

  constructor(from: Socket, to: Socket, fate: LineFate) {
    this.#from = from;
    this.#to = to;
    this.#fate = fate;
    from.on("data", (chunk: Buffer) => this.#take(chunk));
    from.once("end", () => void this.#run().then(() => this.#isLosing || to.end()));
  }

  /** What comes from now on arrives nowhere. */
  lose(): void {
    this.#isLosing = true;
  }

  stall(): void {
    this.#isStalled = true;
    this.#from.pause();
  }

  goOn(): void {
    this.#isStalled = false;
    if (this.#queuedBytes < maxQueuedBytes) this.#from.resume();
  }

  #take(chunk: Buffer): void {
    if (this.#isLosing) return;
    this.#queue.push(chunk);
    this.#queuedBytes += chunk.length;
    if (this.#queuedBytes >= maxQueuedBytes) this.#from.pause();
    void this.#run();
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    for (let chunk = this.#queue.shift(); chunk !== undefined; chunk = this.#queue.shift()) {
      if (this.#fate.delayMs > 0) await delay(this.#fate.delayMs);
      for (const piece of this.#pieces(chunk)) {
        await this.#write(piece);
        // Time to be read before the next piece comes: the kernel would join them.
        if (piece.length < chunk.length) await turn();
      }
      this.#queuedBytes -= chunk.length;
      if (!this.#isStalled) this.#from.resume();
    }
    this.#isRunning = false;
  }

  *#pieces(chunk: Buffer): Generator<Buffer> {
    for (let at = 0; at < chunk.length;) {
      const isChopped = this.#passedBytes < choppedBytes;
      const length = Math.min(isChopped ? this.#fate.chunkBytes : Infinity, chunk.length - at);
      yield chunk.subarray(at, at + length);
      at += length;
      this.#passedBytes += length;
    }
  }

  /** Resolves when the kernel has it, so that the next piece is a segment of its own; or when there is nobody to take it. */
  #write(piece: Buffer): Promise<void> {
    return new Promise((resolve) => {
      if (this.#isLosing || this.#to.destroyed) return resolve();
      this.#to.once("close", resolve);
      this.#to.write(piece, () => {
        this.#to.off("close", resolve);
        resolve();
      });
    });
  }
}
