import { chmodSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { describeHealth } from "./ask-health.ts";
import { redisTest, RedisServer } from "../../../test/redis-server.ts";
import { createWebSocketServer } from "../../engine/index.ts";
import { createGateway, memoryBroker, redisBroker } from "../../server/index.ts";
import { channels } from "../chat.ts";
import { checkData, checkFileSystem, checkSync } from "./data-checks.ts";
import type { DoctorFinding } from "./finding.ts";
import { checkGateway } from "./gateway-checks.ts";
import { checkMachine, type Machine } from "./machine-checks.ts";
import { printFindings } from "./print-findings.ts";
import { readMachine, readOpenFiles } from "./read-machine.ts";
import { checkLevel, checkStore } from "./store-checks.ts";

const good: Machine = {
  nodeVersion: "20.19.0",
  openFiles: { soft: 22_223, hard: 1_000_000 },
  backlogCount: 511,
  hasSimd: true,
  env: {},
};

/** Of one check: its level, what was found, what it means and what to do. */
function told(findings: readonly DoctorFinding[], check: DoctorFinding["check"]): readonly string[] | undefined {
  const finding = findings.find((one) => one.check === check);
  return finding && [finding.level, finding.found, finding.means, finding.remedy];
}

function examine(change: Partial<Machine>, check: DoctorFinding["check"]): readonly string[] | undefined {
  return told(checkMachine({ ...good, ...change }), check);
}

test("[CM70] a machine that has everything is all ok, and this one can be read", () => {
  expect(checkMachine(good).map(({ check, level }) => [check, level])).toEqual([
    ["node", "ok"],
    ["open-files", "ok"],
    ["simd", "ok"],
    ["backlog", "ok"],
    ["proxies", "ok"],
  ]);
  const { hasSimd, nodeVersion } = readMachine();
  expect([hasSimd, nodeVersion]).toEqual([true, process.versions.node]);
  expect(checkMachine({ ...good, openFiles: undefined, backlogCount: undefined }).map(({ check }) => check)).toEqual([
    "node",
    "simd",
    "proxies",
  ]);
});

test("[CM70] a Node that is too old is an error", () => {
  expect(examine({ nodeVersion: "20.18.3" }, "node")).toEqual([
    "error",
    "Node 20.18.3",
    "Switchboard is written for 20.19 and newer",
    "Install a newer Node, as from https://nodejs.org",
  ]);
  expect(examine({ nodeVersion: "18.20.0" }, "node")?.[0]).toBe("error");
  expect(examine({ nodeVersion: "22.1.0" }, "node")?.[0]).toBe("ok");
});

test("[CM70] too few open files for all connections is a warning, with how many there is room for", () => {
  expect(examine({ openFiles: { soft: 1024, hard: 524_288 } }, "open-files")).toEqual([
    "warning",
    "1,024 open files",
    "A gateway takes 921 connections then, and not the 20,000 it would",
    'Raise it to 65,536: "ulimit -n", or LimitNOFILE= of a systemd unit',
  ]);
  expect(examine({ openFiles: { soft: 22_222, hard: 22_222 } }, "open-files")).toEqual([
    "warning",
    "22,222 open files",
    "A gateway takes 19,999 connections then, and not the 20,000 it would",
    "Raise the hard limit: LimitNOFILE= of a systemd unit, --ulimit nofile= of a container, limits.conf of a login",
  ]);
  const line = (soft: string, hard: string): string =>
    `Limit  Soft\nMax open files            ${soft}       ${hard}     files\n`;
  expect(readOpenFiles(line("1024", "unlimited"))).toEqual({ soft: 1024, hard: Infinity });
  expect(readOpenFiles(line("unlimited", "unlimited"))).toEqual({ soft: Infinity, hard: Infinity });
  expect([readOpenFiles(undefined), readOpenFiles("nothing of it")]).toEqual([undefined, undefined]);
});

test("[CM70] no SIMD and a short backlog are warnings, a proxy in the environment is a note", () => {
  expect(examine({ hasSimd: false }, "simd")).toEqual([
    "warning",
    "No WebAssembly with SIMD",
    "What clients send is unmasked word by word: large messages cost more",
    "Start Node without --jitless, on x64 with SSE4.1 or on arm64",
  ]);
  expect(examine({ backlogCount: 510 }, "backlog")).toEqual([
    "warning",
    "net.core.somaxconn is 510",
    "When many clients come at once, as after a restart, connections are dropped before Node sees them",
    "Raise it: sysctl -w net.core.somaxconn=4096",
  ]);
  expect(examine({ env: { http_proxy: "http://p", HTTPS_PROXY: "http://p" } }, "proxies")?.slice(0, 3)).toEqual([
    "note",
    "http_proxy, HTTPS_PROXY are set",
    "Neither the engine nor this command reads them; browsers, curl and npm do",
  ]);
  expect(examine({ env: { ALL_PROXY: "http://p" } }, "proxies")?.[1]).toBe("ALL_PROXY is set");
});

test("[CM71] a folder in memory, on a network or in a container's layer is a warning", () => {
  const warned = [0x0102_1994, 0x6969, 0x794c_7630].map((type) => checkFileSystem(type, "/data"));
  expect(warned.map(({ found, level, remedy }) => [level, found, remedy])).toEqual([
    ["warning", "/data is in memory (tmpfs)", "Give a folder on a disk with --data"],
    [
      "warning",
      "/data is NFS, which is not a disk of this machine",
      "Give a folder on a local disk with --data, or share a store: --broker redis: or nats:",
    ],
    ["warning", "/data is in a container's own layer (overlayfs)", "Mount a volume, and give it with --data"],
  ]);
  expect(checkFileSystem(0xef53, "/data")).toMatchObject({ level: "ok", found: "/data is on a disk (ext4)" });
  expect(checkFileSystem(0x1234, "/data")).toMatchObject({ level: "ok", found: "/data is on a disk (kind 0x1234)" });
});

test("[CM71] a sync that is slow is a warning, one that is too fast for a disk a note", () => {
  expect(checkSync([1, 20, 30])).toMatchObject({ level: "ok", found: "A sync takes 20.00 ms, at most 30.00 ms" });
  expect(checkSync([1, 20.01, 30])).toMatchObject({ level: "warning" });
  expect(checkSync([0.02, 0.02])).toMatchObject({ level: "ok" });
  expect(checkSync([0.019, 0.019])).toMatchObject({
    level: "note",
    means: "No disk is so fast: it is a cache, or memory, that answers",
  });
});

test("[CM71] the disk is tried in a folder of its own, which is gone afterwards; one that may not be written is an error", async () => {
  const folder = mkdtempSync(join(tmpdir(), "switchboard-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const findings = await checkData(join(folder, "not", "there"));
  expect(findings.map(({ check }) => check)).toEqual(["file-system", "sync", "store", "canary"]);
  expect(told(findings, "store")?.[1]).toMatch(
    /^SQLite gives (?:fsync|os): SQLite [\d.]+, journal WAL, synchronous FULL(?:: survives| on )/,
  );
  expect(told(findings, "store")?.[1]).not.toContain("trial.db");
  expect(told(findings, "canary")?.[1]).toMatch(/^A message gets through in [\d.]+ ms$/);
  expect(readdirSync(folder)).toEqual([]);
  // Who may do everything may write there, too.
  if (process.getuid?.() === 0) return;
  chmodSync(folder, 0o500);
  expect(await checkData(folder)).toMatchObject([{ level: "error", found: `Cannot write to ${folder}: EACCES` }]);
  chmodSync(folder, 0o700);
});

test("[CM72] what a store gives is told with what it is worth, and one that is not there is an error with what to do", async () => {
  expect(checkLevel("Redis", "os", "x")).toMatchObject({
    level: "warning",
    found: "Redis gives os: x",
    means: "What was acknowledged survives kill -9 of the process, and not power loss",
  });
  expect(checkLevel("JetStream", "quorum", "x").level).toBe("ok");
  expect(await checkStore(memoryBroker(), { name: "Memory" })).toMatchObject([
    { check: "store", level: "warning" },
    { check: "canary", level: "ok" },
  ]);
  const [finding] = await checkStore(redisBroker({ url: "redis://127.0.0.1:1" }), { name: "Redis" });
  expect(finding).toMatchObject({
    check: "store",
    level: "error",
    means: "A gateway does not start with this store",
    remedy: "Is it running, and is the address right?",
  });
  expect(finding?.found).toContain("127.0.0.1:1");
});

redisTest("[CM72] a Redis is opened as a gateway does it, and a message sent through it", async () => {
  const server = await RedisServer.start();
  onTestFinished(() => server.dispose());
  const findings = await checkStore(redisBroker({ url: server.url }), { name: "Redis" });
  expect(findings.map(({ check, level }) => [check, level])).toEqual([
    ["store", "ok"],
    ["canary", "ok"],
  ]);
  expect(findings[0]?.found).toMatch(/^Redis gives fsync: Redis /);
});

test("[CM73] a gateway is asked as a client does, its health beside it, and its readiness at the operator's port", async () => {
  const gateway = createGateway({ channels, broker: memoryBroker() });
  onTestFinished(() => gateway.close({ graceMs: 100 }));
  const [{ url }, admin] = await Promise.all([gateway.listen({ port: 0 }), gateway.listenAdmin({ port: 0 })]);
  const seen = await checkGateway(new URL(url), false, {});
  expect(seen.map(({ check, level }) => [check, level])).toEqual([
    ["gateway", "warning"],
    ["names", "ok"],
    ["health", "ok"],
  ]);
  expect(seen[0]?.found).toMatch(/is a gateway, open after [\d.]+ ms: mem, frames of 64 KiB, channels chat\/:room/);
  expect(seen[2]?.found).toMatch(/^The gateway says ok, [01] connections?, mem$/);
  const operated = await checkGateway(new URL(admin.url), true, {});
  expect(operated.map(({ check, level }) => [check, level])).toEqual([
    ["health", "ok"],
    ["readiness", "ok"],
  ]);
  await gateway.close({ graceMs: 100 });
  expect((await checkGateway(new URL(url), false, {})).map(({ level }) => level)).toEqual(["error", "error"]);
  expect((await checkGateway(new URL(admin.url), true, {}))[1]?.found).toMatch(
    /readyz does not answer: .*ECONNREFUSED/,
  );
});

test("[CM75] a gateway that lets in a page of any name is a warning, one that refuses it is not", async () => {
  const findings = await Promise.all(
    [{}, { hosts: "any" as const }].map(async (options) => {
      const gateway = createGateway({ channels, broker: memoryBroker(), ...options });
      onTestFinished(() => gateway.close({ graceMs: 100 }));
      return told(await checkGateway(new URL((await gateway.listen({ port: 0 })).url), false, {}), "names");
    }),
  );
  expect(findings).toEqual([
    ["ok", "A page of another name is refused (421)", "A site cannot reach it by having its own name point here", ""],
    [
      "warning",
      "A page of any name is let in",
      "A site that has its own name point here (DNS rebinding) speaks to it through its visitors' browsers",
      "Give the names it is known by: hosts, or --hosts",
    ],
  ]);
});

test("[CM73] beside a wss: URL health is asked over https:", async () => {
  const health = (await checkGateway(new URL("wss://127.0.0.1:1/ws"), false, {})).at(-1);
  expect(health?.found).toMatch(/^https:\/\/127\.0\.0\.1:1\/healthz does not answer: /);
});

test("[CM73] what is no gateway, and one that is not well, are told apart", async () => {
  const echo = createWebSocketServer({ open: (socket) => void socket.send("welcome") });
  const { url } = await echo.listen({ port: 0, host: "127.0.0.1" });
  onTestFinished(() => echo.close({ graceMs: 100 }));
  expect(await checkGateway(new URL(url), false, {})).toMatchObject([
    { check: "gateway", level: "error", found: `${url} said no hello` },
    { check: "names", level: "warning" },
    { check: "health", level: "note" },
  ]);
  const sick = createServer((_, response) => {
    response.writeHead(503, { "Content-Type": "application/json" });
    response.end('{"status":"unavailable","reason":"the disk is full"}');
  }).listen(0, "127.0.0.1");
  await once(sick, "listening");
  onTestFinished(() => void sick.close());
  const findings = await checkGateway(new URL(`http://127.0.0.1:${(sick.address() as AddressInfo).port}`), true, {});
  expect(findings.map(({ found, level }) => [level, found])).toEqual([
    ["error", "The gateway says unavailable: the disk is full"],
    ["error", "No message gets through: the disk is full"],
  ]);
});

test("[CM73] one connection is no plural", async () => {
  let connectionCount = 0;
  const well = createServer((_, response) => {
    connectionCount += 1;
    response.end(JSON.stringify({ status: "ok", connectionCount, durability: "mem" }));
  }).listen(0, "127.0.0.1");
  await once(well, "listening");
  onTestFinished(() => void well.close());
  const url = new URL(`http://127.0.0.1:${(well.address() as AddressInfo).port}`);
  const found = [await describeHealth(url), await describeHealth(url)].map((finding) => finding.found);
  expect(found).toEqual(["The gateway says ok, 1 connection, mem", "The gateway says ok, 2 connections, mem"]);
});

test("[CM74] findings are printed 80 columns wide, what is to be done behind an arrow, with a count at the end", () => {
  const findings: readonly DoctorFinding[] = [
    { check: "node", level: "ok", found: "Node 22", means: "It is new enough", remedy: "" },
    {
      check: "simd",
      level: "warning",
      found: "No \u001b[2J",
      means: "m".repeat(60),
      remedy: `Do ${"this ".repeat(30)}now`,
    },
  ];
  const text = printFindings(findings, false);
  expect(text.split("\n").every((line) => line.length <= 80)).toBe(true);
  expect(text).toContain("\n  ok      Node 22\n          It is new enough\n  warning No \\e[2J\n");
  expect(text).toContain("\n          -> Do this this");
  expect(text.endsWith("\n\n  2 checks, no errors, 1 warning\n\n")).toBe(true);
  expect(printFindings(findings, true)).toContain("\u001b[33mwarning \u001b[39m");
});
