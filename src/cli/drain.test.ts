/** The built command is stopped under load and started again, as a deploy does it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test, vi } from "vitest";
import { type Client, connect } from "../client-node/index.ts";
import { connect as dial } from "../engine/index.ts";
import { subprotocol } from "../wire/index.ts";
import type { ChatGateway } from "./chat.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const command = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

interface Serving {
  readonly port: number;
  readonly admin: string;
  readonly ended: Promise<number | null>;
  stop(): void;
}

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "switchboard-drain-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

async function serve(...args: readonly string[]): Promise<Serving> {
  const all = [command, "serve", "--admin-port", "0", ...args];
  const child = spawn(process.execPath, all, { env: { PATH: process.env["PATH"] } });
  const ended = once(child, "close").then(([exitCode]: unknown[]) => exitCode as number | null);
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const serving = new Promise<string>((resolve, reject) => {
    const lines = createInterface({ input: child.stdout });
    lines.on("line", (line) => {
      if (line.includes('"msg":"Serving"')) resolve(line);
    });
    void ended.then(() => reject(new Error(stderr)));
  });
  const { admin, url } = JSON.parse(await serving) as { readonly url: string; readonly admin: string };
  return { port: Number(new URL(url).port), admin, ended, stop: () => child.kill("SIGTERM") };
}

interface Person {
  readonly client: Client<ChatGateway>;
  /** Texts as they were delivered. */
  readonly seen: string[];
  readonly offsets: number[];
  readonly gaps: unknown[];
  /** How long each wait for another line was to be, with the code that began it. */
  readonly waits: { readonly code: number; readonly retryInMs: number }[];
  readonly send: (text: string) => Promise<unknown>;
}

async function enter(port: number, index: number): Promise<Person> {
  const device = String(index).padStart(32, "0");
  const backoff = { minMs: 50, maxMs: 200 };
  const client = connect<ChatGateway>(`ws://127.0.0.1:${port}/ws`, { device, backoff });
  onTestFinished(() => client.close());
  const person: Omit<Person, "send"> = { client, seen: [], offsets: [], gaps: [], waits: [] };
  client.onState((info) => {
    if (info.state === "waiting") person.waits.push({ code: info.code, retryInMs: info.retryInMs });
  });
  const room = client.chat({ room: "lobby" });
  room.onGap((gap) => person.gaps.push(gap));
  room.message.on(({ data, offset }) => {
    person.seen.push(data.text);
    person.offsets.push(offset);
  });
  await vi.waitFor(() => expect(room.status).toBe("live"), { timeout: 20_000 });
  return { ...person, send: (text) => room.message.send({ text }) };
}

test("[OP4] stopped under load and started again, it has lost nothing, and clients come back one after the other", async () => {
  const data = makeFolder();
  const first = await serve("--port", "0", "--data", data);
  const people = await Promise.all(Array.from({ length: 20 }, (_, index) => enter(first.port, index)));
  const messageCount = 12;
  const sending = people.map(async ({ send }, index) => {
    for (let count = 0; count < messageCount; count += 1) {
      const sent = send(`${index}/${count}`);
      // In mid-flight for one person, and somewhere among theirs for the others.
      if (index === 0 && count === messageCount / 2) first.stop();
      await sent;
    }
  });
  expect(await first.ended).toBe(0);
  await serve("--port", String(first.port), "--data", data);
  await Promise.all(sending);
  const total = people.length * messageCount;
  for (const { seen } of people) await vi.waitFor(() => expect(seen).toHaveLength(total), { timeout: 20_000 });
  for (const { gaps, offsets, seen } of people) {
    expect(offsets).toEqual(Array.from({ length: total }, (_, index) => index + 1));
    expect([seen, gaps]).toEqual([people[0]?.seen, []]);
  }
  expect(new Set(people[0]?.seen).size).toBe(total);
  const told = people.map(({ waits }) => waits.find(({ code }) => code === 1001)?.retryInMs ?? -1);
  expect(told.sort((a, b) => a - b)).toEqual(people.map((_, index) => index));
});

test("[CM2] as soon as it is told to stop it is unready, and ends within its grace though a peer does not", async () => {
  const { admin, ended, port, stop } = await serve("--port", "0", "--data", makeFolder(), "--grace-ms", "1500");
  const socket = await dial(`ws://127.0.0.1:${port}/ws`, { protocols: [subprotocol] });
  onTestFinished(() => socket.terminate());
  socket.pause();
  expect((await fetch(`${admin}/readyz`)).status).toBe(200);
  stop();
  await vi.waitFor(async () => {
    const ready = await fetch(`${admin}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([503, { status: "unready", reason: "the gateway is draining" }]);
  });
  expect(await ended).toBe(0);
});

test("[CM19] keys are read from a file; what cannot be used is one sentence without the key", async () => {
  const folder = makeFolder();
  const file = join(folder, "keys");
  const key = "k".repeat(40);
  writeFileSync(file, `# for the shop\n\npublish,read ${key}\n`);
  const { admin } = await serve("--port", "0", "--data", folder, "--api-key-file", file);
  const authorized = await fetch(`${admin}/v1/stats`, { headers: { Authorization: `Bearer ${key}` } });
  expect([authorized.status, (await fetch(`${admin}/v1/stats`)).status]).toEqual([200, 401]);
  const fault = async (...args: readonly string[]): Promise<string> =>
    serve("--port", "0", "--data", makeFolder(), ...args).then(
      () => "It serves",
      (error: unknown) => String(error),
    );
  for (const [text, words] of [
    [`${key}\n`, 'Cannot read line 1 of the key file "'],
    [`\nread ${key} x\n`, 'Cannot read line 2 of the key file "'],
    [`root ${key}\n`, 'Cannot use API key 1: its scopes are read, publish and admin, not "root"'],
    ["read short\n", "Cannot use API key 1: it must be 32-256 visible ASCII characters"],
  ] as const) {
    writeFileSync(file, text);
    const told = await fault("--api-key-file", file);
    expect(told).toContain(`error: ${words}`);
    expect(told).not.toContain(key);
  }
  expect(await fault("--api-key-file", join(folder, "none"))).toContain("error: Cannot read the key file");
  expect(await fault("--admin-host", "0.0.0.0")).toContain(
    "error: Cannot listen for operators on 0.0.0.0 without a key",
  );
});
