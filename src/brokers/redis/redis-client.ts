import { BrokerError } from "../../gateway/index.ts";

/** Of `@redis/client`, what is used. Its own types stay out of ours: it is optional. */
export interface Client {
  readonly isOpen: boolean;
  readonly isReady: boolean;
  on(event: string, listener: (detail: unknown) => void): unknown;
  connect(): Promise<unknown>;
  sendCommand(command: readonly string[]): Promise<unknown>;
  subscribe(channel: string, listener: (text: string) => void): Promise<void>;
  unsubscribe(channel: string, listener: (text: string) => void): Promise<void>;
  sSubscribe(channel: string, listener: (text: string) => void): Promise<void>;
  sUnsubscribe(channel: string, listener: (text: string) => void): Promise<void>;
  close(): Promise<void>;
  destroy(): void;
}

/** A server of a cluster, and the client that speaks to it, once one does. */
interface ClusterMaster extends Address {
  readonly client?: Client;
}

export interface ClusterClient extends Pick<Client, "isOpen" | "on" | "connect" | "close" | "destroy"> {
  readonly masters: readonly ClusterMaster[];
  sendCommand(firstKey: string | undefined, isReadonly: boolean, command: readonly string[]): Promise<unknown>;
  nodeClient(node: ClusterMaster): Promise<Client>;
  getNodeClientForKey(key: string): Promise<Client>;
}

export interface SentinelClient extends Pick<Client, "isOpen" | "on" | "connect" | "close"> {
  sendCommand(isReadonly: boolean, command: readonly string[]): Promise<unknown>;
  getMasterNode(): Address | undefined;
  destroy(): Promise<void>;
}

/** One server that holds logs. */
export interface RedisServerClient {
  readonly send: (command: readonly string[]) => Promise<unknown>;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** The package's functions. */
export interface RedisPackage {
  readonly createClient: (settings: object) => Client;
  readonly createCluster: (settings: object) => ClusterClient;
  readonly createSentinel: (settings: object) => SentinelClient;
}

/** @throws {BrokerError} if it is not installed. */
export async function loadRedisPackage(): Promise<RedisPackage> {
  try {
    // A `as`: the package's types infer modules and protocol versions that nothing here uses.
    return (await import("@redis/client")) as unknown as RedisPackage;
  } catch (error) {
    throw new BrokerError("STORAGE_UNAVAILABLE", "Cannot use Redis: the package @redis/client is not installed", {
      cause: error,
      hint: "npm install @redis/client",
    });
  }
}

/** Full jitter, at most 2 s: a server that comes back is found within 5 s, and not by all nodes at once. */
export function reconnectStrategy(retries: number): number {
  return Math.random() * Math.min(2_000, 50 * 2 ** Math.min(retries, 10));
}
