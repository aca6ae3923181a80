/** How heavy the pages are, and how soon one can use them. */
import { existsSync } from "node:fs";
import { loadavg } from "node:os";
import { chromium } from "playwright-core";
import { startChatServer } from "../test/browser/chat-server.ts";
import { findChromium, launchArguments } from "../test/find-chromium.ts";
import { formatSection } from "./page.ts";
import { describeMachine } from "./report.ts";
import { judgeBar, median, number, type Section } from "./section.ts";
import { type PageKind, type Profile, type ResourceKind, resourceKinds, type Visit, visitPage } from "./visit.ts";

const chat: PageKind = {
  name: "the chat",
  path: "/",
  storage: { "switchboard.name": "Ada" },
  firstUse: "textarea",
  liveFrame: '"subscribed"',
};
const guide: PageKind = { name: "the guide's first page", path: "/docs", storage: {}, firstUse: ".search-button" };

const desktop: Profile = {
  name: "this machine",
  viewport: { width: 1350, height: 940 },
  isMobile: false,
  cpuSlowdown: 1,
};

/**
 * Lighthouse's mobile preset, as it is applied with the throttling of Chromium itself: a request's latency stands for all its round trips.
 * Source: `mobileSlow4G` in Lighthouse's `core/config/constants.js`: 150 ms x 3.75, and 0.9 of 1.6 Mbit/s and of 750 kbit/s.
 */
const phone: Profile = {
  name: "Lighthouse's phone",
  viewport: { width: 412, height: 823 },
  isMobile: true,
  cpuSlowdown: 4,
  network: { latencyMs: 562.5, downKbitPerSecond: 1474.56, upKbitPerSecond: 675 },
};

/** Visits of one page by one kind of visitor. */
export interface Visits {
  readonly page: PageKind;
  readonly profile: Profile;
  readonly visits: readonly Visit[];
}

/** @throws if there is no Chromium, or the pages were not built. */
export async function measurePages({
  onProgress,
  roundCount,
}: {
  readonly roundCount: number;
  readonly onProgress: (line: string) => void;
}): Promise<readonly Section[]> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error("Cannot measure pages: there is no Chromium; set CHROMIUM_PATH");
  if (!existsSync("web/dist/index.html")) throw new Error("Cannot measure pages: run npm run build first");
  const server = await startChatServer();
  const browser = await chromium.launch({ executablePath, args: launchArguments });
  try {
    const all = [chat, guide].flatMap((page) =>
      [desktop, phone].map((profile) => ({ page, profile, visits: [] as Visit[] })),
    );
    for (let round = 1; round <= roundCount; round++) {
      for (const { page, profile, visits } of all) {
        visits.push(await visitPage(browser, server.url, page, profile));
        const { usableMs } = visits.at(-1) ?? { usableMs: Number.NaN };
        onProgress(`round ${round}: ${page.name}, ${profile.name}: usable after ${Math.round(usableMs)} ms`);
      }
    }
    return pageSections(all);
  } finally {
    await browser.close();
    await server.remove();
  }
}

/** `docs/guide/pages.md`. */
export function formatPagesPage({
  roundCount,
  sections,
}: {
  readonly sections: readonly Section[];
  readonly roundCount: number;
}): string {
  return [
    "# What the pages weigh",
    "",
    `Written by \`npm run bench -- pages --write\`. ${describeMachine()}. Medians of ${roundCount} visits with an empty cache, in turns, in a headless Chromium on`,
    `the machine of the server, whose load average was ${number(loadavg()[0] ?? Number.NaN)}: a busy machine is a slow one. \`switchboard serve\` with TLS. The bars are what [web.dev](https://web.dev/articles/vitals) calls good.`,
    "",
    "**Lighthouse's phone** is its mobile preset as Chromium applies it ([throttling](https://github.com/GoogleChrome/lighthouse/blob/main/docs/throttling.md)):",
    "a CPU slowed down by 4, and a line of 150 ms and 1.6 Mbit/s, for which each request waits 562.5 ms and comes at 1.47 Mbit/s. It slows a",
    "WebSocket down too. Lighthouse itself simulates by default and weighs these into one score: this is not that score.",
    ...sections.flatMap(formatSection),
    "",
  ].join("\n");
}

/** The tables. */
export function pageSections(all: readonly Visits[]): readonly Section[] {
  return [timesOf(all), weightOf(all)];
}

function timesOf(all: readonly Visits[]): Section {
  const rows = all.map(({ page, profile, visits }) => [
    `${page.name}, ${profile.name}`,
    ...(["firstPaintMs", "largestPaintMs", "usableMs"] as const).map((name) => ms(visits, name)),
    spread(visits.map(({ usableMs }) => usableMs)),
    page.liveFrame === undefined ? "-" : ms(visits, "liveMs"),
    ms(visits, "blockedMs"),
    median(visits.map(({ layoutShift }) => layoutShift)).toFixed(3),
  ]);
  return {
    title: "From nothing to a page that one can use",
    cells: [["", "FCP ms", "LCP ms", "usable ms", "least to most", "live ms", "TBT ms", "CLS"], ...rows],
    ahead: [],
    behind: [],
    remarks: [
      "**Usable**: the chat's field, or the guide's search, is there and nothing keeps a key from being handled. **Live**: the room has answered " +
        "over the WebSocket. **TBT** counts tasks until two seconds after the page is usable.",
    ],
    verdicts: all.filter(({ profile }) => profile.isMobile).flatMap(judge),
  };
}

/** What web.dev calls good, on the slow line. */
function judge({ page, visits }: Visits): Section["verdicts"] {
  const of = (name: "firstPaintMs" | "largestPaintMs" | "blockedMs" | "layoutShift"): number =>
    median(visits.map((visit) => visit[name]));
  return [
    judgeBar({ name: `${page.name}: FCP ms`, value: of("firstPaintMs"), most: 1800 }),
    judgeBar({ name: `${page.name}: LCP ms`, value: of("largestPaintMs"), most: 2500 }),
    judgeBar({ name: `${page.name}: TBT ms`, value: of("blockedMs"), most: 200 }),
    judgeBar({ name: `${page.name}: CLS`, value: of("layoutShift"), most: 0.1 }),
  ];
}

function weightOf(all: readonly Visits[]): Section {
  const rows = all
    .filter(({ profile }) => !profile.isMobile)
    .map(({ page, visits }) => {
      const of = (kind: ResourceKind): number => median(visits.map(({ bytes }) => bytes[kind]));
      const total = resourceKinds.reduce((sum, kind) => sum + of(kind), 0);
      const requests = median(visits.map(({ requestCount }) => requestCount));
      return [page.name, ...resourceKinds.map((kind) => kb(of(kind))), kb(total), String(requests)];
    });
  return {
    title: "What comes over the line",
    cells: [["kB, compressed, with heads", ...resourceKinds, "all", "requests"], ...rows],
    ahead: [],
    behind: [],
    remarks: [
      "An empty cache; 1 kB is 1 000 bytes. Files with a hash in their names come once: the second visit asks for the document alone.",
    ],
    verdicts: [],
  };
}

function ms(
  visits: readonly Visit[],
  name: "firstPaintMs" | "largestPaintMs" | "usableMs" | "liveMs" | "blockedMs",
): string {
  return Math.round(median(visits.map((visit) => visit[name]))).toLocaleString("en");
}

function spread(values: readonly number[]): string {
  return `${Math.round(Math.min(...values)).toLocaleString("en")} to ${Math.round(Math.max(...values)).toLocaleString("en")}`;
}

function kb(bytes: number): string {
  return number(bytes / 1000);
}
