import type { HasChannels } from "../wire/index.ts";
import type { Client } from "./client.ts";
import type { ConnectOptions } from "./connect-options.ts";
import { ClientError } from "./errors.ts";

/** Connects to a gateway at once, and stays connected until `close()`. */
export function connect<Gateway extends HasChannels>(url: string | URL, _options: ConnectOptions = {}): Client<Gateway> {
  throw new ClientError("SETUP", `Cannot connect to ${url}: the client is being built`);
}
