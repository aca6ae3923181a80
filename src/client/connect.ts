import type { HasChannels } from "../wire/index.ts";
import type { Client, RoomOptions } from "./client.ts";
import { ClientShell } from "./client-shell.ts";
import type { ConnectOptions } from "./connect-options.ts";
import { deviceId } from "./device-id.ts";
import { jsonCodec } from "./json-codec.ts";
import { ClientError } from "./errors.ts";
import { namedProxy } from "./named-proxy.ts";
import { resolveUrl } from "./resolve-url.ts";
import { systemClock } from "./system-clock.ts";

/**
 * Connects to a gateway at once, and stays connected until `close()`: every line that breaks is followed by another, and no
 * message of a room is missed in between, or the gap is told.
 *
 * @param url - ws: or wss:, or http: or https: for the same; in a page also relative to it, as `"/ws"`.
 * @throws {ClientError} `SETUP` if the URL or the device id cannot be used, or there is no WebSocket here.
 */
export function connect<Gateway extends HasChannels>(url: string | URL, options: ConnectOptions = {}): Client<Gateway> {
  const shell = new ClientShell({
    url: resolveUrl(url, globalThis.location?.href),
    device: deviceId(options.device, options.storage),
    token: options.token,
    codec: options.codec ?? jsonCodec,
    WebSocket: options.WebSocket ?? platformWebSocket(),
    clock: options.clock ?? systemClock(),
    random: options.random ?? Math.random,
    backoff: { minMs: 500, maxMs: 30_000, ...options.backoff },
    connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
    maxPendingCount: options.maxPendingCount ?? 1000,
    maxBufferedCount: options.maxBufferedCount ?? 1024,
    maxLatestCount: options.maxLatestCount ?? 1024,
    memory: options.memory,
  });
  shell.start();
  // The channels by name are there for whoever knows their names: the types do, from the gateway.
  return namedProxy(
    shell.controls(),
    (channel) =>
      (params: Readonly<Record<string, string>> = {}, roomOptions: RoomOptions = {}) =>
        shell.open(channel, params, roomOptions),
  ) as Client<Gateway>;
}

function platformWebSocket(): typeof WebSocket {
  if (typeof globalThis.WebSocket === "function") return globalThis.WebSocket;
  const advice = 'import "switchboard/client" as a package, which brings one on Node, or give the option WebSocket';
  throw new ClientError("SETUP", `Cannot connect: there is no WebSocket here; ${advice}`);
}
