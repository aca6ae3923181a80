import {
  type Address,
  type Client,
  type ClusterClient,
  reconnectStrategy,
  type RedisPackage,
  type RedisServerClient,
  type SentinelClient,
} from "./redis-client.ts";
import type { Access, RedisPlace } from "./redis-place.ts";

/** The servers behind a place, and which of them holds what. The client package finds that out, and follows when it changes. */
export interface RedisTopology {
  connect(): Promise<void>;
  /** Sends to the server that holds the key. */
  send(key: string, command: readonly string[]): Promise<unknown>;
  /** Which server holds a key: two that are held together have the same. */
  holderOf(key: string): unknown;
  /** Every server that holds logs. */
  servers(): readonly RedisServerClient[];
  /** A new connection, made once, to the server that tells of a channel. The place's address is what it is known by. */
  home(channel: string): Promise<{ readonly address: string; readonly connect: () => Client }>;
  close(): Promise<void>;
  destroy(): void;
}

export interface RedisTopologyOptions {
  readonly place: RedisPlace;
  readonly redis: RedisPackage;
  readonly connectTimeoutMs: number;
  /** A server that holds logs cannot be reached, or another has taken its place. */
  readonly onTrouble: (reason: string) => void;
  /** Something else was not as it should be, of which there may be more. */
  readonly onNote: (reason: string) => void;
}

export function createTopology(options: RedisTopologyOptions): RedisTopology {
  const { place } = options;
  switch (place.type) {
    case "server":
      return new OneServer(options, place);
    case "cluster":
      return new Cluster(options, place);
    case "sentinel":
      return new Sentinel(options, place);
    default:
      return place satisfies never;
  }
}

/** How every connection is made. */
function settingsOf({ connectTimeoutMs }: RedisTopologyOptions, access?: Access) {
  const { isTls = false, ...rest } = access ?? {};
  return {
    ...rest,
    RESP: 2,
    // A command for a server that is not there fails at once, loudly: nothing is kept that nobody has acknowledged.
    disableOfflineQueue: true,
    pingInterval: 2_000,
    socket: {
      connectTimeout: connectTimeoutMs,
      socketTimeout: 8_000,
      reconnectStrategy,
      ...(isTls ? { tls: true } : {}),
    },
  } as const;
}

type Settings = ReturnType<typeof settingsOf>;

/** Settings of a connection that is not made again: whoever made it makes another. */
function once(settings: Settings, address?: Address): object {
  return { ...settings, socket: { ...settings.socket, ...address, reconnectStrategy: false } };
}

class OneServer implements RedisTopology {
  readonly #client: Client;
  readonly #makeHome: () => Client;
  readonly #url: string;

  constructor(options: RedisTopologyOptions, { url }: Extract<RedisPlace, { readonly type: "server" }>) {
    const { onTrouble, redis } = options;
    const settings = settingsOf(options);
    this.#url = url;
    this.#makeHome = () => redis.createClient({ url, ...once(settings) });
    this.#client = redis.createClient({ url, ...settings });
    this.#client.on("error", (error) => onTrouble(messageOf(error)));
    this.#client.on("end", () => onTrouble("the connection ended"));
  }

  async connect(): Promise<void> {
    await this.#client.connect();
  }

  send(_key: string, command: readonly string[]): Promise<unknown> {
    return this.#client.sendCommand(command);
  }

  holderOf(): unknown {
    return this.#client;
  }

  servers(): readonly RedisServerClient[] {
    return [{ send: (command) => this.#client.sendCommand(command) }];
  }

  async home(): ReturnType<RedisTopology["home"]> {
    return { address: this.#url, connect: this.#makeHome };
  }

  async close(): Promise<void> {
    if (this.#client.isReady) await this.#client.close();
  }

  destroy(): void {
    if (this.#client.isOpen) this.#client.destroy();
  }
}

/** How long a master may be away before the others are asked who has its slots now. */
const askOthersAfterMs = 250;

class Cluster implements RedisTopology {
  readonly #client: ClusterClient;
  readonly #makeHome: (address: Address) => Client;

  constructor(options: RedisTopologyOptions, { access, urls }: Extract<RedisPlace, { readonly type: "cluster" }>) {
    const { onNote, onTrouble, redis } = options;
    const settings = settingsOf(options, access);
    this.#makeHome = (address) => redis.createClient(once(settings, address));
    this.#client = redis.createCluster({
      rootNodes: urls.map((url) => ({ url })),
      defaults: settings,
      RESP: 2,
      // Asking who has which slots must not wait until all of them can be reached.
      minimizeConnections: true,
      topologyRefreshOnReconnectionAttemptStrategy: askOthersAfterMs,
    });
    this.#client.on("error", (error) => onNote(messageOf(error)));
    this.#client.on("node-error", (error) => onTrouble(messageOf(error)));
  }

  async connect(): Promise<void> {
    await this.#client.connect();
  }

  send(key: string, command: readonly string[]): Promise<unknown> {
    return this.#client.sendCommand(key, false, command);
  }

  holderOf(key: string): Promise<unknown> {
    return this.#client.getNodeClientForKey(key);
  }

  servers(): readonly RedisServerClient[] {
    return this.#client.masters.map((master) => ({
      send: async (command) => (await this.#client.nodeClient(master)).sendCommand(command),
    }));
  }

  async home(channel: string): ReturnType<RedisTopology["home"]> {
    // A slot that has moved is noticed by a command for it.
    await this.send(channel, ["EXISTS", channel]);
    const client = await this.#client.getNodeClientForKey(channel);
    const master = this.#client.masters.find((one) => one.client === client);
    if (master === undefined) throw new Error("the cluster's members are changing");
    const { host, port } = master;
    return { address: `${host}:${port}`, connect: () => this.#makeHome({ host, port }) };
  }

  async close(): Promise<void> {
    if (this.#client.isOpen) await this.#client.close();
  }

  destroy(): void {
    if (this.#client.isOpen) this.#client.destroy();
  }
}

class Sentinel implements RedisTopology {
  readonly #client: SentinelClient;
  readonly #makeHome: (address: Address) => Client;

  constructor(options: RedisTopologyOptions, place: Extract<RedisPlace, { readonly type: "sentinel" }>) {
    const { onNote, onTrouble, redis } = options;
    const { access, name, sentinelAccess, sentinels } = place;
    const settings = settingsOf(options, access);
    this.#makeHome = (address) => redis.createClient(once(settings, address));
    const { pingInterval: _pings, ...sentinelSettings } = settingsOf(options, sentinelAccess);
    this.#client = redis.createSentinel({
      name,
      sentinelRootNodes: sentinels,
      nodeClientOptions: settings,
      sentinelClientOptions: sentinelSettings,
      RESP: 2,
      // Sentinels tell of a new primary; this is for what they could not tell.
      scanInterval: 5_000,
      maxCommandRediscovers: 1,
    });
    this.#client.on("error", (error) => onNote(messageOf(error)));
    this.#client.on("client-error", (event) => {
      const { error, type } = event as { readonly type: string; readonly error: unknown };
      if (type === "MASTER") onTrouble(messageOf(error));
    });
    this.#client.on("reconnecting", () => onTrouble("the Sentinels name another primary"));
  }

  async connect(): Promise<void> {
    await this.#client.connect();
  }

  send(_key: string, command: readonly string[]): Promise<unknown> {
    // The client would keep the command for the next primary.
    if (this.#client.getMasterNode() === undefined) return Promise.reject(new Error("no primary is reachable"));
    return this.#client.sendCommand(false, command);
  }

  holderOf(): unknown {
    return this.#client;
  }

  servers(): readonly RedisServerClient[] {
    return [{ send: (command) => this.send("", command) }];
  }

  async home(): ReturnType<RedisTopology["home"]> {
    const address = this.#client.getMasterNode();
    if (address === undefined) throw new Error("no primary is reachable");
    return { address: `${address.host}:${address.port}`, connect: () => this.#makeHome(address) };
  }

  async close(): Promise<void> {
    if (this.#client.isOpen) await this.#client.close();
  }

  destroy(): void {
    if (this.#client.isOpen) void this.#client.destroy();
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
