/** One visit to a page with an empty cache, in a real Chromium: what came over the line, and when what was there. */
import type { Browser, CDPSession, Page } from "playwright-core";

/** What a visitor has. */
export interface Profile {
  readonly name: string;
  readonly viewport: { readonly width: number; readonly height: number };
  readonly isMobile: boolean;
  /** What the CPU is slowed down by; 1 leaves it. */
  readonly cpuSlowdown: number;
  readonly network?: {
    readonly latencyMs: number;
    readonly downKbitPerSecond: number;
    readonly upKbitPerSecond: number;
  };
}

/** What is visited. */
export interface PageKind {
  readonly name: string;
  readonly path: string;
  /** What the browser kept from an earlier visit. */
  readonly storage: Readonly<Record<string, string>>;
  /** What a person uses first: found here, the page can be used. */
  readonly firstUse: string;
  /** Text within the first message of the server that makes it live; absent where there is no WebSocket. */
  readonly liveFrame?: string;
}

/** The kinds of what is loaded, in the order of the table. */
export const resourceKinds = ["document", "style", "script", "other"] as const;
export type ResourceKind = (typeof resourceKinds)[number];

/** Bytes as they came, with their heads; times since the visit began. */
export interface Visit {
  readonly bytes: Readonly<Record<ResourceKind, number>>;
  readonly requestCount: number;
  readonly firstPaintMs: number;
  readonly largestPaintMs: number;
  /** What tasks after the first paint took beyond 50 ms each. */
  readonly blockedMs: number;
  /** The worst window of layout shifts, as web.dev defines CLS. */
  readonly layoutShift: number;
  /** The first use is there, and nothing keeps a key from being handled. */
  readonly usableMs: number;
  readonly liveMs: number;
}

/** How long a page is watched once it can be used: long tasks and late shifts count. */
const watchedForMs = 2000;

/** Visits a page. */
export async function visitPage(browser: Browser, url: string, kind: PageKind, profile: Profile): Promise<Visit> {
  const { isMobile, viewport } = profile;
  const context = await browser.newContext({ viewport, isMobile, hasTouch: isMobile, ignoreHTTPSErrors: true });
  try {
    const page = await context.newPage();
    const line = new LineWatch(await context.newCDPSession(page), kind.liveFrame);
    await line.start(profile);
    await page.addInitScript({ content: "globalThis.__name = (made) => made;" }); // what tsx wraps the functions below in
    await page.addInitScript(keepStorage, kind.storage);
    await page.addInitScript(watchVitals, kind.firstUse);
    await page.goto(new URL(kind.path, url).href);
    const usableMs = await page.evaluate(() => vitals.usable);
    const liveMs = await line.live();
    await page.waitForTimeout(watchedForMs);
    return { ...(await readVitals(page)), ...line.loaded(), usableMs, liveMs };
  } finally {
    await context.close();
  }
}

/** Slows the line, and counts what comes over it. */
class LineWatch {
  readonly #session: CDPSession;
  readonly #kinds = new Map<string, ResourceKind>();
  readonly #bytes: Record<ResourceKind, number> = { document: 0, style: 0, script: 0, other: 0 };
  readonly #live: Promise<number>;
  #startedSeconds: number | undefined;
  #requestCount = 0;

  constructor(session: CDPSession, liveFrame: string | undefined) {
    this.#session = session;
    session.on("Network.requestWillBeSent", ({ timestamp }) => (this.#startedSeconds ??= timestamp));
    session.on("Network.responseReceived", ({ requestId, type }) => {
      this.#kinds.set(requestId, kindOf(type));
      this.#requestCount++;
    });
    session.on("Network.loadingFinished", ({ encodedDataLength, requestId }) => {
      this.#bytes[this.#kinds.get(requestId) ?? "other"] += encodedDataLength;
    });
    this.#live = liveFrame === undefined ? Promise.resolve(Number.NaN) : this.#watchFrames(liveFrame);
  }

  async start({ cpuSlowdown, network }: Profile): Promise<void> {
    await this.#session.send("Network.enable");
    await this.#session.send("Emulation.setCPUThrottlingRate", { rate: cpuSlowdown });
    if (network === undefined) return;
    await this.#session.send("Network.emulateNetworkConditions", {
      offline: false,
      latency: network.latencyMs,
      downloadThroughput: (network.downKbitPerSecond * 1024) / 8,
      uploadThroughput: (network.upKbitPerSecond * 1024) / 8,
    });
  }

  /** When the page was live, in milliseconds since the visit began. */
  live(): Promise<number> {
    return this.#live;
  }

  loaded(): Pick<Visit, "bytes" | "requestCount"> {
    return { bytes: { ...this.#bytes }, requestCount: this.#requestCount };
  }

  #watchFrames(liveFrame: string): Promise<number> {
    return new Promise((resolve) => {
      this.#session.on("Network.webSocketFrameReceived", ({ response, timestamp }) => {
        if (response.payloadData.includes(liveFrame)) resolve((timestamp - (this.#startedSeconds ?? timestamp)) * 1000);
      });
    });
  }
}

function kindOf(type: string): ResourceKind {
  if (type === "Document") return "document";
  if (type === "Stylesheet") return "style";
  return type === "Script" ? "script" : "other";
}

/** What the page's own observers write down. */
interface Vitals {
  firstPaintMs: number;
  largestPaintMs: number;
  tasks: { readonly startMs: number; readonly durationMs: number }[];
  layoutShift: number;
  usable: Promise<number>;
}

declare global {
  var vitals: Vitals;
}

// The two functions below run in the page, before any of its own scripts: they can use nothing of this file.

function keepStorage(storage: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries(storage)) localStorage.setItem(key, value);
}

function watchVitals(firstUse: string): void {
  const usable = new Promise<number>((resolve) => {
    const look = (): void => {
      // Behind whatever else the main thread has to do now: then a key would be handled.
      if (document.querySelector(firstUse) !== null) setTimeout(() => resolve(performance.now()));
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
  globalThis.vitals = { firstPaintMs: Number.NaN, largestPaintMs: Number.NaN, tasks: [], layoutShift: 0, usable };
  const observe = (type: string, take: (entry: PerformanceEntry) => void): void =>
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
  observe("paint", ({ name, startTime }) => {
    if (name === "first-contentful-paint") vitals.firstPaintMs = startTime;
  });
  observe("largest-contentful-paint", ({ startTime }) => (vitals.largestPaintMs = startTime));
  observe("longtask", ({ duration, startTime }) => vitals.tasks.push({ startMs: startTime, durationMs: duration }));
  let session = { firstMs: 0, lastMs: 0, value: 0 };
  observe("layout-shift", (entry) => {
    const { hadRecentInput, startTime, value } = entry as PerformanceEntry & LayoutShift;
    if (hadRecentInput) return;
    // A window ends with a second of rest, and lasts 5 s at most.
    const isSame = startTime - session.lastMs < 1000 && startTime - session.firstMs < 5000;
    session = isSame
      ? { ...session, lastMs: startTime, value: session.value + value }
      : { firstMs: startTime, lastMs: startTime, value };
    vitals.layoutShift = Math.max(vitals.layoutShift, session.value);
  });
}

interface LayoutShift {
  readonly value: number;
  readonly hadRecentInput: boolean;
}

async function readVitals(page: Page): Promise<Omit<Visit, "bytes" | "requestCount" | "usableMs" | "liveMs">> {
  const { firstPaintMs, largestPaintMs, layoutShift, tasks } = await page.evaluate(() => ({ ...vitals, usable: 0 }));
  return { firstPaintMs, largestPaintMs, layoutShift, blockedMs: blockedOf(tasks, firstPaintMs) };
}

/** Total blocking time: of each task, what is beyond 50 ms and after the first paint. */
export function blockedOf(tasks: Vitals["tasks"], firstPaintMs: number): number {
  return tasks.reduce((sum, { durationMs, startMs }) => {
    const countsFromMs = Math.max(startMs + 50, firstPaintMs);
    return sum + Math.max(0, startMs + durationMs - countsFromMs);
  }, 0);
}
