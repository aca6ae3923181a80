/** The checks, by the `WebSocket` that Node (22 and up: undici's), Bun and Deno bring along. */
import { runChecks } from "../checks/checks.ts";
import { webDialer } from "../checks/web-dialer.ts";
import { type ClientArguments, readArguments, sayResults } from "./arguments.ts";

const { url, abilities } = readArguments<ClientArguments>();
sayResults(await runChecks(webDialer(WebSocket), url, abilities));
