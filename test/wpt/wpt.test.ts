import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startWptServers, type WptServers } from "./handlers.ts";
import { listPages, type WptPage } from "./pages.ts";

/**
 * A checkout of github.com/web-platform-tests/wpt, or a part of it with `common`, `resources`, `interfaces` and `websockets`. The source
 * of Firefox has one at `testing/web-platform/tests`.
 */
const checkout = process.env["WPT_PATH"];
const run = promisify(execFile);
const pageScript = fileURLToPath(new URL("page.ts", import.meta.url));
const certificate = fileURLToPath(new URL("../fixtures/tls/cert.pem", import.meta.url));

interface PageResults {
  readonly status: number;
  readonly message: string | null;
  readonly results: readonly { readonly name: string; readonly status: number; readonly message: string | null }[];
}

let servers: WptServers;

beforeAll(async () => {
  servers = await startWptServers();
});
afterAll(() => servers.close());

/** Runs a page in a process of its own: pages change the class. */
async function runPage(folder: string, { file, variant }: Omit<WptPage, "needs">): Promise<PageResults> {
  const { stdout } = await run(
    process.execPath,
    ["--import", "tsx", "--no-warnings", pageScript, folder, file, variant, JSON.stringify(servers.ports)],
    { env: { ...process.env, NODE_EXTRA_CA_CERTS: certificate }, timeout: 28_000 },
  );
  return JSON.parse(stdout.slice(stdout.lastIndexOf('{"status"'))) as PageResults;
}

const pages: readonly WptPage[] =
  checkout === undefined
    ? [{ file: "websockets/", variant: "", needs: "WPT_PATH, which names a checkout" }]
    : listPages(checkout, "websockets");

describe("Web Platform Tests", { concurrent: true }, () => {
  for (const { needs, ...page } of pages) {
    test(`[WW12] ${page.file}${page.variant}`, async ({ skip }) => {
      skip(needs !== undefined, `needs ${needs}`);
      const { status, message, results } = await runPage(checkout as string, page);
      expect({ status, message }).toEqual({ status: 0, message: null });
      expect(results.length).toBeGreaterThan(0);
      expect(results.filter((result) => result.status !== 0)).toEqual([]);
    });
  }
});

const harness = `
  const listeners = [];
  self.add_completion_callback = (listener) => listeners.push(listener);
  self.tell = (name, status) => listeners.forEach((listener) => listener([{ name, status, message: null }], { status: 0, message: null }));
`;
const page = `
  // META: script=constants.sub.js
  // META: variant=?default
  // META: variant=?wss
  const socket = new WebSocket(ADDRESS + "/echo");
  socket.onopen = () => socket.send(location.search);
  socket.onmessage = ({ data }) => tell(data, data === location.search ? 0 : 1);
  socket.onerror = ({ message }) => tell(message, 1);
`.replaceAll(/^ {2}/gm, "");
const constants = `
  const ADDRESS = location.search === "?wss" ? "wss://{{host}}:{{ports[wss][0]}}" : "ws://{{host}}:{{ports[ws][0]}}";
`;

test("[WW12] a page runs once for each of its variants, with its scripts, against our servers", async ({
  onTestFinished,
}) => {
  const folder = mkdtempSync(join(tmpdir(), "wpt-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const files = {
    "resources/testharness.js": harness,
    "websockets/constants.sub.js": constants,
    "websockets/echo.any.js": page,
    "websockets/frame.html": "<script src=/resources/testharness.js></script><script>document.body;</script>",
  };
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  const [first, second, third, ...more] = listPages(folder, "websockets") as [WptPage, WptPage, WptPage];
  expect([first.variant, second.variant, third.variant, third.needs, more]).toEqual([
    "?default",
    "?wss",
    "",
    "a document",
    [],
  ]);
  for (const one of [first, second]) {
    expect(await runPage(folder, one)).toMatchObject({ results: [{ name: one.variant, status: 0 }] });
  }
});
