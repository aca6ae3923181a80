import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { servePages } from "./static.ts";

let folder = "";
let [server, bareServer] = [createServer(), createServer()];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "switchboard-"));
  mkdirSync(join(folder, "dist/assets"), { recursive: true });
  writeFileSync(join(folder, "dist/index.html"), "<!doctype html><title>Chat</title>");
  writeFileSync(join(folder, "dist/assets/index-abc123.js"), "export {};");
  writeFileSync(join(folder, "dist/assets/index-abc123.js.br"), brotliCompressSync("export {}; // br"));
  writeFileSync(join(folder, "dist/assets/index-abc123.js.gz"), gzipSync("export {}; // gz"));
  mkdirSync(join(folder, "dist/docs/assets"), { recursive: true });
  writeFileSync(join(folder, "dist/docs/index.html"), "<!doctype html><title>Guide</title>");
  writeFileSync(join(folder, "dist/docs/channels.html"), "<!doctype html><title>Channels</title>");
  writeFileSync(join(folder, "dist/docs/404.html"), "<!doctype html><title>No such page</title>");
  writeFileSync(join(folder, "dist/docs/assets/docs-abc123.css"), "a {}");
  writeFileSync(join(folder, "secret.txt"), "secret");
  server = createServer(servePages(join(folder, "dist")));
  bareServer = createServer(servePages(join(folder, "nothing")));
  for (const one of [server, bareServer]) await once(one.listen(0, "127.0.0.1"), "listening");
});
afterAll(() => {
  for (const one of [server, bareServer]) one.close();
  rmSync(folder, { recursive: true });
});

async function request(path: string, init: RequestInit = {}, from = server): Promise<Response> {
  return fetch(`http://127.0.0.1:${(from.address() as AddressInfo).port}${path}`, init);
}

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; base-uri 'none'; " +
  "form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

test("[CM15] every answer forbids the page all but its own files and its own line", async () => {
  const answers = [
    await request("/"),
    await request("/nowhere"),
    await request("/", { method: "POST" }),
    await request("/", {}, bareServer),
  ];
  expect(answers.map(({ status }) => status)).toEqual([200, 404, 405, 503]);
  for (const { headers } of answers) {
    expect(headers.get("Content-Security-Policy")).toBe(policy);
    expect([headers.get("X-Content-Type-Options"), headers.get("Referrer-Policy")]).toEqual(["nosniff", "no-referrer"]);
  }
});

test("[CM16] the page is asked for anew each time, its assets are kept, and both can be asked about", async () => {
  const page = await request("/");
  expect([page.headers.get("Cache-Control"), await page.text()]).toEqual([
    "no-cache",
    "<!doctype html><title>Chat</title>",
  ]);
  const asset = await request("/assets/index-abc123.js", { method: "HEAD" });
  expect(asset.headers.get("Cache-Control")).toBe("public, max-age=31536000, immutable");
  expect([asset.headers.get("Content-Type"), await asset.text()]).toEqual(["text/javascript", ""]);
  const again = await request("/", { headers: { "If-None-Match": page.headers.get("ETag") ?? "" } });
  expect(again.status).toBe(304);
});

test("[CM26] what the build has compressed is sent so to who takes it", async () => {
  const answers = ["br, gzip", "gzip", "identity"].map(async (encoding) => {
    const { headers } = await request("/assets/index-abc123.js", { headers: { "Accept-Encoding": encoding } });
    return [headers.get("Content-Encoding"), headers.get("Cache-Control")?.includes("immutable"), headers.get("Vary")];
  });
  expect(await Promise.all(answers)).toEqual([
    ["br", true, "Accept-Encoding"],
    ["gzip", true, "Accept-Encoding"],
    [null, true, "Accept-Encoding"],
  ]);
});

test("[CM17] no path leads out of the folder, and none ends the process", async () => {
  for (const path of ["/..%2fsecret.txt", "/assets/..%2f..%2fsecret.txt", "/%E0%A4%A", "/%00", "//secret.txt"]) {
    const { status } = await request(path);
    expect([path, status]).toEqual([path, 404]);
  }
});

test("[CM18] without built pages there is one that says how to build them", async () => {
  const answer = await request("/", {}, bareServer);
  expect(await answer.text()).toContain("npm run build");
});

test("[GD6] the guide is at /docs, its addresses have no ending, and a wrong one gets a page of its own", async () => {
  const paths = ["/docs", "/docs/", "/docs/channels", "/docs/nowhere", "/nowhere"];
  const answers = await Promise.all(paths.map((path) => request(path)));
  const titles = answers.map(async (answer) => [answer.status, /<title>(.*)<\/title>/.exec(await answer.text())?.[1]]);
  expect(await Promise.all(titles)).toEqual([
    [200, "Guide"],
    [200, "Guide"],
    [200, "Channels"],
    [404, "No such page"],
    [404, undefined],
  ]);
  const asset = await request("/docs/assets/docs-abc123.css");
  expect(asset.headers.get("Cache-Control")).toBe("public, max-age=31536000, immutable");
});
