/**
 * What the chat's page costs: its bytes, and how long until a person can write, in Chromium, on a slow line and a slow processor. Prints the
 * medians. Run it with `npx tsx tools/measure-chat.ts [runs]` after a build, on a quiet machine.
 */
import { readdirSync, readFileSync } from "node:fs";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { type Browser, chromium } from "playwright-core";
import { startChatServer } from "../test/browser/chat-server.ts";
import { findChromium, launchArguments } from "../test/find-chromium.ts";

/** As Lighthouse's mobile preset: 1.6 Mbit/s, 150 ms, a processor four times slower. */
const slowLine = { offline: false, latency: 150, downloadThroughput: 200_000, uploadThroughput: 93_750 };
const slowdown = 4;

interface Visit {
  /** When something was painted first, and when the room was live with the focus in its field; milliseconds from the navigation on. */
  readonly paintMs: number;
  readonly interactiveMs: number;
  /** Bytes that came over the line. */
  readonly bytes: number;
}

const runCount = Number(process.argv[2] ?? 5);
printBytes();
const server = await startChatServer();
const browser = await chromium.launch({ executablePath: findChromium() ?? "", headless: true, args: launchArguments });
try {
  for (const isSlow of [false, true]) {
    const visits: Visit[] = [];
    for (let run = 0; run < runCount; run += 1) visits.push(await visit(browser, isSlow));
    const median = (of: (one: Visit) => number): number =>
      visits.map(of).toSorted((a, b) => a - b)[runCount >> 1] ?? NaN;
    const figures = [median((one) => one.paintMs), median((one) => one.interactiveMs), median((one) => one.bytes)];
    const [paint, interactive, bytes] = figures.map(Math.round);
    const line = isSlow ? "1.6 Mbit/s, 150 ms, CPU / 4" : "loopback, full CPU";
    console.log(
      `${line}: first paint ${paint} ms, can write after ${interactive} ms, ${bytes} bytes (median of ${runCount})`,
    );
  }
} finally {
  await browser.close();
  await server.remove();
}

/** A first visit of somebody who has a name already: nothing is cached. */
async function visit(from: Browser, isSlow: boolean): Promise<Visit> {
  const context = await from.newContext({ ignoreHTTPSErrors: true });
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  let bytes = 0;
  session.on("Network.loadingFinished", ({ encodedDataLength }) => (bytes += encodedDataLength));
  await session.send("Network.enable");
  if (isSlow) await session.send("Network.emulateNetworkConditions", slowLine);
  if (isSlow) await session.send("Emulation.setCPUThrottlingRate", { rate: slowdown });
  await page.addInitScript(() => localStorage.setItem("switchboard.name", "Ada"));
  await page.goto(server.url);
  const handle = await page.waitForFunction(() => {
    const isLive = document.querySelector(".member-list .column-title")?.textContent?.includes("—") === true;
    return isLive && document.activeElement instanceof HTMLTextAreaElement ? performance.now() : undefined;
  });
  const interactiveMs = Number(await handle.jsonValue());
  const paintMs = await page.evaluate(
    () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? NaN,
  );
  await context.close();
  return { paintMs, interactiveMs, bytes };
}

function printBytes(): void {
  const folder = "web/dist/";
  const names = [...readFileSync(`${folder}index.html`, "utf8").matchAll(/(?:src|href)="\/(assets\/[^"]+)"/gu)];
  const files = [...new Set(names.map(([, name = ""]) => name))].filter((name) =>
    readdirSync(`${folder}assets`).includes(name.slice(7)),
  );
  for (const kind of ["js", "css"]) {
    const content = Buffer.concat(
      files.filter((name) => name.endsWith(kind)).map((name) => readFileSync(folder + name)),
    );
    const sizes = [
      content.byteLength,
      gzipSync(content, { level: 9 }).byteLength,
      brotliCompressSync(content).byteLength,
    ];
    console.log(`${kind}: ${sizes[0]} bytes minified, ${sizes[1]} gzip, ${sizes[2]} brotli`);
  }
}
