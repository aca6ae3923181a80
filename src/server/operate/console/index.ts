/** What of the console is public, as `switchboard/console`: what its page and its server say to each other. */
export * from "./messages.ts";
export type { ApiScope } from "../api-keys.ts";
export type { Spread } from "../latency.ts";
export type { GatewayInfo } from "../../health.ts";
