/** A node's way to its store: a TCP proxy of its own, on loopback, that is cut, falls silent and loses hints. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import type { LineFilter } from "../cut-line.ts";

/** Which way nothing arrives any more. */
export type Silence = "to the store" | "from the store" | "both ways";

export interface StoreProxyOptions {
  readonly targetPort: number;
  /** For each line: what of that which the store sends goes on. Default: all of it. */
  readonly makeFilter?: () => LineFilter;
}

/** The two ways of one line. */
interface Line {
  readonly up: Way;
  readonly down: Way;
}

export class StoreProxy {
  readonly #options: StoreProxyOptions;
  readonly #server: Server;
  readonly #lines = new Set<Line>();
  #isCut = false;
  #silence: Silence | undefined;

  private constructor(options: StoreProxyOptions) {
    this.#options = options;
    this.#server = createServer({ noDelay: true }, (node) => this.#accept(node));
  }

  static async listen(options: StoreProxyOptions): Promise<StoreProxy> {
    const proxy = new StoreProxy(options);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Lines of which an end is still open. */
  get lineCount(): number {
    return this.#lines.size;
  }

  /** Both ends of every line see a RST, and of every new one until {@link mend}. */
  cut(): void {
    this.#isCut = true;
    this.#resetLines();
  }

  /** What is sent that way arrives nowhere, also on new lines; nobody is told. */
  silence(silence: Silence): void {
    this.#silence = silence;
    for (const line of this.#lines) apply(line, silence);
  }

  /**
   * All is well again. `late`: what was sent into the silence arrives now, as TCP sends again what was lost, even of a node that died since.
   * `reset`: the lines break instead.
   */
  mend(how: "late" | "reset"): void {
    this.#isCut = false;
    this.#silence = undefined;
    if (how === "reset") return this.#resetLines();
    for (const line of this.#lines) apply(line, undefined);
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#resetLines();
    await once(this.#server, "close");
  }

  #accept(node: Socket): void {
    if (this.#isCut) return void node.resetAndDestroy();
    const store = connect({ port: this.#options.targetPort, host: "127.0.0.1", noDelay: true });
    const line = { up: new Way(node, store), down: new Way(store, node, this.#options.makeFilter?.()) };
    this.#lines.add(line);
    for (const socket of [node, store]) {
      socket.once("close", () => {
        if (node.closed && store.closed) this.#lines.delete(line);
      });
    }
    apply(line, this.#silence);
  }

  #resetLines(): void {
    for (const { down, up } of this.#lines) {
      up.reset();
      down.reset();
    }
    this.#lines.clear();
  }
}

function apply({ down, up }: Line, silence: Silence | undefined): void {
  up.setSilent(silence === "to the store" || silence === "both ways");
  down.setSilent(silence === "from the store" || silence === "both ways");
}

/** One direction of a line. */
class Way {
  readonly #from: Socket;
  #isSilent = false;

  constructor(from: Socket, to: Socket, filter: LineFilter = (chunk) => [chunk]) {
    this.#from = from;
    from.on("data", (chunk: Buffer) => {
      for (const part of filter(chunk)) if (to.writable && !to.write(part)) from.pause();
    });
    to.on("drain", () => this.#goOn());
    // Nobody takes the rest, but its end must be seen.
    to.on("close", () => this.#goOn());
    from.on("end", () => to.end());
    from.on("error", () => to.resetAndDestroy());
  }

  /** What is not read stays where a network would have lost and sent it again: before its receiver. */
  setSilent(isSilent: boolean): void {
    this.#isSilent = isSilent;
    if (isSilent) this.#from.pause();
    else this.#from.resume();
  }

  reset(): void {
    this.#from.resetAndDestroy();
  }

  #goOn(): void {
    if (!this.#isSilent) this.#from.resume();
  }
}
