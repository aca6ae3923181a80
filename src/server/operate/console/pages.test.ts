import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { consolePages } from "./pages.ts";

async function serve(folder: string): Promise<(path: string, method?: string) => Promise<Response>> {
  const pages = consolePages(folder);
  const server = createServer((request, response) => {
    if (!pages(request, response)) response.writeHead(418).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return (path, method = "GET") => fetch(`http://127.0.0.1:${port}${path}`, { method, redirect: "manual" });
}

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "switchboard-console-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const name of ["console", "lab", "assets"]) mkdirSync(join(folder, name));
  for (const name of ["index.html", "console/index.html", "lab/index.html", "assets/a-1.js"]) {
    writeFileSync(join(folder, name), name);
  }
  return folder;
}

test("[OP67] the page and its files are served, no other page is, and the port's root leads there", async () => {
  const get = await serve(makeFolder());
  expect(await (await get("/console/")).text()).toBe("console/index.html");
  const asset = await get("/assets/a-1.js?x");
  expect([await asset.text(), asset.headers.get("cache-control")]).toEqual([
    "assets/a-1.js",
    "public, max-age=31536000, immutable",
  ]);
  for (const path of ["/", "/console"]) expect((await get(path)).headers.get("location")).toBe("/console/");
  for (const path of ["/index.html", "/lab/", "/console/index.html", "/console/line"]) {
    expect((await get(path)).status, path).toBe(418);
  }
  expect((await get("/assets/none.js")).status).toBe(404);
  expect((await get("/console/", "POST")).status).toBe(405);
});

test("[OP67] every answer has a policy without unsafe words, and one that is not built says how", async () => {
  const get = await serve(makeFolder());
  const { headers } = await get("/console/");
  const policy = headers.get("content-security-policy") ?? "";
  expect(policy).toMatch(/default-src 'none'.*frame-ancestors 'none'.*require-trusted-types-for 'script'/);
  expect(policy).not.toMatch(/unsafe|https?:|data:|\*/);
  expect([headers.get("x-content-type-options"), headers.get("cache-control")]).toEqual(["nosniff", "no-cache"]);
  const missing = await (await serve(join(tmpdir(), "switchboard-none")))("/console/");
  expect([missing.status, await missing.text()]).toEqual([503, "The console's page is not built: npm run build\n"]);
});
