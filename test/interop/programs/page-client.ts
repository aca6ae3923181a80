/** The checks, by a browser: what a page is given to run. */
import { type Abilities, type CheckResult, runChecks } from "../checks/checks.ts";
import { webDialer } from "../checks/web-dialer.ts";

declare global {
  var runInteropChecks: (url: string, abilities: Abilities) => Promise<readonly CheckResult[]>;
}

globalThis.runInteropChecks = (url, abilities) => runChecks(webDialer(WebSocket), url, abilities);
