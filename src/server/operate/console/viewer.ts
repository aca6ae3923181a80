import type { ServerSocket } from "../../../engine/index.ts";
import { closeCodes } from "../../../wire/index.ts";
import type { ApiKeys, ApiScope } from "../api-keys.ts";
import type { Operated } from "../operated.ts";
import { carryOut, type Operator } from "./carry-out.ts";
import { type ChannelRates, channelView } from "./channel-view.ts";
import { connectionView } from "./connection-view.ts";
import type { Action, ConsoleFacts, ConsoleSample, PageMessage, ServerMessage, TapTarget } from "./messages.ts";
import { Pace } from "./pace.ts";
import { readPageMessage } from "./read-page-message.ts";
import { WatchedTable } from "./table.ts";
import { Tap } from "./tap.ts";

/** What all viewers share. */
export interface ViewerTools {
  readonly operated: Operated;
  readonly keys: ApiKeys;
  readonly rates: ChannelRates;
  /** The samples so far. */
  readonly samples: () => readonly ConsoleSample[];
  readonly facts: (scopes: readonly ApiScope[]) => ConsoleFacts;
}

/** How long a page may take to show its key. */
const helloTimeoutMs = 5_000;
/** A page that has not taken so much is told nothing more until it has. */
const maxBehindBytes = 256 * 1024;

/** One page that looks at the gateway: what its key allows it, what it watches, what it taps. */
export class Viewer {
  readonly #tools: ViewerTools;
  readonly #socket: ServerSocket;
  readonly #cancelTimeout: () => void;
  readonly #connectionsPace: Pace;
  readonly #channelsPace: Pace;
  /** Undefined until its key was good. */
  #operator: Operator | undefined;
  #scopes: ReadonlySet<ApiScope> = new Set();
  #connections: WatchedTable<"connections"> | undefined;
  #channels: WatchedTable<"channels"> | undefined;
  #tap: Tap | undefined;

  constructor(tools: ViewerTools, socket: ServerSocket) {
    this.#tools = tools;
    this.#socket = socket;
    const { machine } = tools.operated;
    this.#connectionsPace = new Pace(machine, () => this.#renewConnections());
    this.#channelsPace = new Pace(machine, () => this.#renewChannels());
    this.#cancelTimeout = tools.operated.machine.after(helloTimeoutMs, () =>
      socket.close(closeCodes.authTimeout, "No key came in time"),
    );
  }

  get watchesChannels(): boolean {
    return this.#channels !== undefined;
  }

  receive(data: string | Uint8Array): void {
    try {
      this.#take(readPageMessage(String(data)));
    } catch (error) {
      // RFC 6455 §7.4.1: "1003 … a type of data it cannot accept". Only a page that is not ours says such things.
      this.#socket.close(1003, error instanceof Error ? error.message.slice(0, 100) : "");
    }
  }

  /** A second is over. */
  tick(sample: string): void {
    if (this.#operator === undefined || this.#socket.bufferedBytes > maxBehindBytes) return;
    this.#socket.send(sample);
    if (this.#connections !== undefined) this.#connectionsPace.ask();
    if (this.#channels !== undefined) this.#channelsPace.ask();
    this.#checkTap();
  }

  left(): void {
    this.#cancelTimeout();
    this.#untap();
    this.#connectionsPace.stop();
    this.#channelsPace.stop();
    this.#connections = this.#channels = undefined;
    const { log } = this.#tools.operated;
    if (this.#operator !== undefined) log.info({ ...this.#operator }, "An operator left the console");
  }

  #take(message: PageMessage): void {
    if (message.type === "hello") return this.#hello(message.key);
    if (this.#operator === undefined) throw new Error("Cannot answer before hello");
    switch (message.type) {
      case "watch":
        return this.#watch(message);
      case "unwatch":
        if (message.table === "connections") this.#connections = undefined;
        else this.#channels = undefined;
        return;
      case "tap":
        return this.#startTap(message.target, this.#operator);
      case "untap":
        return this.#untap();
      case "act":
        return void this.#act(message.id, message.action, this.#operator);
      default:
        message satisfies never;
    }
  }

  #hello(key: string): void {
    const { facts, keys, operated, samples } = this.#tools;
    const found = keys.find(`Bearer ${key}`);
    if (found?.scopes.has("read") !== true) {
      operated.log.warn({ remoteAddress: this.#socket.remoteAddress }, "A key of the console was refused");
      const reason = found === undefined ? "The key is none of this gateway" : "The key has not the scope read";
      return this.#socket.close(closeCodes.badCredentials, reason);
    }
    this.#cancelTimeout();
    this.#operator = { remoteAddress: this.#socket.remoteAddress, key: found.name };
    this.#scopes = found.scopes;
    operated.log.info({ ...this.#operator }, "An operator opened the console");
    this.#send({ type: "welcome", facts: facts([...found.scopes]), samples: samples() });
  }

  #watch(message: Extract<PageMessage, { readonly type: "watch" }>): void {
    // Told at once: nobody waits a second for a page that is scrolled.
    if (message.table === "connections") {
      this.#connections = new WatchedTable(message.query);
      this.#connectionsPace.ask();
    } else {
      this.#channels = new WatchedTable(message.query);
      const { operated, rates } = this.#tools;
      if (rates.channels.length === 0) rates.look(operated.shell.core.channelFacts(), operated.machine.steadyMs());
      this.#channelsPace.ask();
    }
  }

  #renewConnections(): void {
    const page = this.#connections?.renew(connectionView(this.#tools.operated.shell));
    if (page !== undefined) this.#send(page);
  }

  #renewChannels(): void {
    const page = this.#channels?.renew(channelView(this.#tools.rates.channels));
    if (page !== undefined) this.#send(page);
  }

  #startTap(target: TapTarget, operator: Operator): void {
    this.#untap();
    try {
      this.#tap = new Tap(this.#tools.operated, target, (message) => this.#send(message));
      // What others say to each other is read here: that is written down.
      this.#tools.operated.log.warn({ ...operator, ...target }, "An operator taps frames");
    } catch (error) {
      this.#send({ type: "untapped", reason: error instanceof Error ? error.message : String(error) });
    }
  }

  /** Tells the page when the connection that it taps is gone. */
  #checkTap(): void {
    const { connection } = this.#tap ?? {};
    if (connection === undefined || this.#tools.operated.shell.sockets.has(connection)) return;
    this.#tap?.flush();
    this.#untap();
    this.#send({ type: "untapped", reason: `Connection ${connection} is closed` });
  }

  #untap(): void {
    this.#tap?.stop();
    this.#tap = undefined;
  }

  async #act(id: number, action: Action, operator: Operator): Promise<void> {
    try {
      if (!this.#scopes.has("admin")) throw new Error("Cannot do this with this key: it has not the scope admin");
      this.#send({ type: "acted", id, says: await carryOut(this.#tools.operated, action, operator) });
    } catch (error) {
      this.#send({ type: "failed", id, error: error instanceof Error ? error.message : String(error) });
    }
  }

  #send(message: ServerMessage): void {
    this.#socket.send(JSON.stringify(message));
  }
}
