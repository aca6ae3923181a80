/** Runs the built command (`tsc -b` first): several nodes on one store, behind a proxy. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { natsTest, NatsServer } from "../../test/nats-server.ts";
import { redisTest, RedisServer } from "../../test/redis-server.ts";
import { connect as dial, HandshakeError } from "../engine/index.ts";
import { connect } from "../client-node/index.ts";
import { subprotocol } from "../wire/index.ts";
import type { ChatGateway } from "./chat.ts";

const command = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

interface Serving {
  readonly url: string;
  readonly durability: string;
  readonly data?: string;
}

/** Resolves with what it serves, or with what it said instead. */
async function serve(...args: readonly string[]): Promise<Serving | string> {
  const child = spawn(process.execPath, [command, "serve", "--port", "0", ...args], {
    env: { ...process.env, NO_COLOR: "1" }, // a CI's log is coloured
  });
  const ended = once(child, "close");
  cleanUps.push(() => {
    child.kill("SIGKILL");
    return ended;
  });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  for await (const line of createInterface({ input: child.stdout })) {
    const entry = JSON.parse(line) as Serving & { readonly msg: string };
    if (entry.msg === "Serving") return entry;
  }
  await ended;
  return said;
}

/** Ada says something at one node, and Bob hears it at another. */
async function expectOneChat(storeUrl: string, durability: string): Promise<void> {
  const nodes = await Promise.all([serve("--broker", storeUrl), serve("--broker", storeUrl)]);
  const rooms = nodes.map((node, index) => {
    if (typeof node === "string") throw new Error(node);
    expect(node).toMatchObject({ durability });
    expect(node.data).toBeUndefined();
    const client = connect<ChatGateway>(new URL("/ws", node.url.replace("http", "ws")), {
      device: String(index).repeat(32),
    });
    cleanUps.push(() => client.close());
    return client.chat({ room: "lobby" });
  });
  const [ada, bob] = rooms;
  const heard = new Promise((resolve) => void bob?.message.on(({ data }) => resolve(data)));
  await new Promise<void>((resolve) => bob?.onStatus(({ status }) => status === "live" && resolve()));
  expect(await ada?.message.send({ text: "hello" })).toMatchObject({ durability });
  expect(await heard).toEqual({ text: "hello" });
}

redisTest("[CM28] two nodes on one Redis are one chat, at the level that it gives", async () => {
  const server = await RedisServer.start();
  cleanUps.push(() => server.dispose());
  await expectOneChat(server.url, "fsync");
});

natsTest("[CM28] two nodes on one JetStream: the same", async () => {
  const server = await NatsServer.start();
  cleanUps.push(() => server.dispose());
  await expectOneChat(server.url, "os");
});

test("[CM28] a store that is not there is a fault, and one of an unknown kind wrong usage", async () => {
  const absent = await serve("--broker", "redis://127.0.0.1:1");
  expect(absent).toMatch(/^error: Cannot .*Redis/u);
  expect(absent).toContain("is the address right");
  expect(await serve("--broker", "mysql://127.0.0.1")).toContain("begins with redis:, rediss:, nats: or tls:");
});

test("[CM29] whom a trusted proxy speaks for is counted by address, and nobody else's word is taken", async () => {
  const folder = mkdtempSync(join(tmpdir(), "switchboard-"));
  cleanUps.push(() => rmSync(folder, { recursive: true }));
  expect(await serve("--trusted-proxy", "10.0.0.0/x")).toContain("Give an address or a network");
  const statuses = await Promise.all(
    [["--trusted-proxy", "::1,127.0.0.0/8"], []].map(async (flags, index) => {
      const serving = await serve("--data", join(folder, String(index)), ...flags);
      if (typeof serving === "string") throw new Error(serving);
      return openFromOneAddress(new URL("/ws", serving.url.replace("http", "ws")).href, 101);
    }),
  );
  expect(statuses).toEqual([[429], []]);
});

/** Opens so many lines that are said to come from one client. @returns the status of each that was refused. */
async function openFromOneAddress(url: string, count: number): Promise<readonly number[]> {
  const refused: number[] = [];
  for (let index = 0; index < count; index++) {
    try {
      const socket = await dial(url, { protocols: [subprotocol], headers: { "X-Forwarded-For": "203.0.113.9" } });
      cleanUps.push(() => socket.terminate());
    } catch (error) {
      if (!(error instanceof HandshakeError)) throw error;
      refused.push(error.status ?? 0);
    }
  }
  return refused;
}
