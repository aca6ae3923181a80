import { type Client, connect as connectWith, type ConnectOptions, type HasChannels } from "../client/index.ts";
import { EngineWebSocket } from "./engine-web-socket.ts";

/** As the client's `connect`, over the engine unless `options.WebSocket` says otherwise. */
export function connect<Gateway extends HasChannels>(url: string | URL, options: ConnectOptions = {}): Client<Gateway> {
  return connectWith<Gateway>(url, { WebSocket: EngineWebSocket, ...options });
}
