/** The checks, by the engine's `connect()`. */
import { runChecks } from "../checks/checks.ts";
import { engineDialer } from "../checks/engine-dialer.ts";
import { type ClientArguments, readArguments, sayResults } from "./arguments.ts";

const { url, deflate, http2, abilities } = readArguments<ClientArguments>();
const dialer = engineDialer({ ...(deflate ? { compression: {} } : {}), http2 });
sayResults(await runChecks(dialer, url, abilities));
