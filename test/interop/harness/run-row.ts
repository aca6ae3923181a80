import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Browser } from "playwright-core";
import type { CheckResult } from "../checks/checks.ts";
import type { ClientArguments, ServerArguments } from "../programs/arguments.ts";
import { bundleFolder } from "./bundle.ts";
import { Child, type Command } from "./child.ts";
import { type PartName, runtimeCommand } from "./parts.ts";
import { certificate, key, startProxy } from "./proxies.ts";
import { abilitiesOf, type Row } from "./rows.ts";

/** Starts the row's server and proxy, runs the checks in its client, and stops what was started. */
export async function runRow(row: Row, launchBrowser: () => Promise<Browser>): Promise<readonly CheckResult[]> {
  const { transport } = row.server;
  const given: ServerArguments = { transport, deflate: row.deflate, certificate, key };
  const server = new Child(commandOf(`${row.server.kind}-server`, { part: row.server.part, given }));
  try {
    const { port } = (await server.readLine()) as { port: number }; // `sayPort` wrote it
    if (row.proxy === undefined) return await runClient(row, port, launchBrowser);
    const proxy = await startProxy(row.proxy, port);
    try {
      return await runClient(row, proxy.port, launchBrowser);
    } finally {
      await proxy.stop();
    }
  } finally {
    await server.stop();
  }
}

async function runClient(
  row: Row,
  port: number,
  launchBrowser: () => Promise<Browser>,
): Promise<readonly CheckResult[]> {
  const abilities = abilitiesOf(row);
  const isSecure = row.proxy === undefined ? row.server.transport === "tls" : row.proxy.front === "tls";
  const url = `${isSecure ? "wss" : "ws"}://127.0.0.1:${port}/`;
  const { kind, part, http2 = false } = row.client;
  if (kind === "page") return runInPage({ browser: await launchBrowser(), url, abilities, isHttp2: isSecure });
  const given: ClientArguments = { url, deflate: row.deflate, http2, abilities };
  const client = new Child(commandOf(`${kind}-client`, { part, given }));
  try {
    return ((await client.readLine()) as { results: readonly CheckResult[] }).results; // `sayResults` wrote it
  } finally {
    await client.stop();
  }
}

async function runInPage(options: {
  readonly browser: Browser;
  readonly url: string;
  readonly abilities: ClientArguments["abilities"];
  readonly isHttp2: boolean;
}): Promise<readonly CheckResult[]> {
  const { browser, url, abilities, isHttp2 } = options;
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  try {
    const page = await context.newPage();
    await page.goto(url.replace(/^ws/u, "http"));
    await page.addScriptTag({ type: "module", content: readFileSync(join(bundleFolder, "page-client.mjs"), "utf8") });
    await page.waitForFunction(() => "runInteropChecks" in globalThis);
    const results = await page.evaluate(([to, can]) => globalThis.runInteropChecks(to, can), [url, abilities] as const);
    if (!isHttp2) return results;
    const spoken = await page.evaluate(() => performance.getEntriesByType("navigation")[0]?.toJSON().nextHopProtocol);
    return [...results, { name: "the page came by HTTP/2", ...(spoken === "h2" ? {} : { fault: `by ${spoken}` }) }];
  } finally {
    await context.close();
  }
}

function commandOf(program: string, start: { readonly part: PartName; readonly given: object }): Command {
  const isPython = /^(websockets|hypercorn)/u.test(program);
  const file = isPython
    ? resolve(`test/interop/programs/${program.replace("-", "_")}.py`)
    : join(bundleFolder, `${program}.mjs`);
  return [...runtimeCommand(start.part), file, JSON.stringify(start.given)];
}
