import type { Server as HttpServer } from "node:http";
import { hostname } from "node:os";
import { performance } from "node:perf_hooks";
import { accept, type OriginPolicy, reject, type WebSocketServer } from "../../../engine/index.ts";
import type { Hosts } from "../../hosts.ts";
import type { ApiKeys, ApiScope } from "../api-keys.ts";
import type { Operated } from "../operated.ts";
import { ChannelRates } from "./channel-view.ts";
import type { ConsoleFacts, ServerMessage } from "./messages.ts";
import { Sampler } from "./sampler.ts";
import { Viewer } from "./viewer.ts";

export interface ConsoleOptions {
  readonly keys: ApiKeys;
  readonly hosts: Hosts;
  readonly origins: OriginPolicy;
}

/** Pages that may look at a time. */
const maxViewerCount = 16;
const sampleEveryMs = 1_000;
/** What a page says is short. */
const maxMessageBytes = 4 * 1024;

/** The console's own WebSocket: looks at the gateway once a second, and tells each page what has changed of what it watches. */
export class Console {
  readonly #operated: Operated;
  readonly #options: ConsoleOptions;
  readonly #sampler: Sampler;
  readonly #rates = new ChannelRates();
  readonly #engine: WebSocketServer<undefined>;
  readonly #viewers = new Map<number, Viewer>();
  #cancel: (() => void) | undefined;

  constructor(operated: Operated, options: ConsoleOptions) {
    this.#operated = operated;
    this.#options = options;
    this.#sampler = new Sampler(operated);
    this.#engine = operated.machine.createWebSocketServer<undefined>({
      path: "/console/line",
      origins: options.origins,
      maxConnections: maxViewerCount,
      maxMessageBytes,
      upgrade: ({ host }) => {
        const foreign = options.hosts.refuse(host);
        return foreign === undefined ? accept({ data: undefined }) : reject(421, foreign);
      },
      open: (socket) => void this.#viewers.set(socket.id, new Viewer(this.#tools(), socket)),
      message: (socket, data) => this.#viewers.get(socket.id)?.receive(data),
      close: ({ id }) => {
        this.#viewers.get(id)?.left();
        this.#viewers.delete(id);
      },
      error: (error) => operated.log.error({ error }, "The console failed"),
    });
  }

  /** Answers the handshakes of the operator's server, and begins to look. */
  attach(server: HttpServer): void {
    this.#engine.attach(server);
    this.#wait();
  }

  async close(): Promise<void> {
    this.#cancel?.();
    await this.#engine.close({ reason: "The gateway is closed", graceMs: 1_000 });
  }

  #wait(): void {
    this.#cancel = this.#operated.machine.after(sampleEveryMs, () => {
      this.#wait();
      this.#look();
    });
  }

  #look(): void {
    const { machine, shell } = this.#operated;
    const message: ServerMessage = { type: "sample", sample: this.#sampler.look() };
    const viewers = [...this.#viewers.values()];
    if (viewers.some(({ watchesChannels }) => watchesChannels)) {
      this.#rates.look(shell.core.channelFacts(), machine.steadyMs());
    } else this.#rates.forget();
    if (viewers.length === 0) return;
    const text = JSON.stringify(message);
    for (const viewer of viewers) viewer.tick(text);
  }

  #tools(): ConstructorParameters<typeof Viewer>[0] {
    return {
      operated: this.#operated,
      keys: this.#options.keys,
      rates: this.#rates,
      samples: () => this.#sampler.samples,
      facts: (scopes) => this.#facts(scopes),
    };
  }

  #facts(scopes: readonly ApiScope[]): ConsoleFacts {
    const { durability, info, node } = this.#operated;
    return {
      durability,
      store: info().store ?? "",
      node,
      host: hostname(),
      nodeVersion: process.version,
      pid: process.pid,
      startedAtMs: Math.round(performance.timeOrigin),
      scopes,
    };
  }
}
