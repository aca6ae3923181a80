/** A whole server, whose disk fails while it runs, as its clients see it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { WireClient } from "../gateway/wire-client.ts";
import { KillableServer, type KillableServerOptions } from "../kill/killable-server.ts";
import { errno, FaultyLibc, whyNoFaultyLibc } from "./faulty-libc.ts";

vi.setConfig({ testTimeout: 60_000 });

const channel = "log/1";

interface Bench {
  readonly server: KillableServer;
  readonly libc: FaultyLibc;
}

async function start(options: Pick<KillableServerOptions, "lifeMs"> = {}): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), "switchboard-faults-"));
  const libc = new FaultyLibc({ folder, files: [join(folder, "log.db"), join(folder, "log.db-wal")] });
  const server = new KillableServer({ broker: "sqlite", folder, env: libc.env, ...options });
  onTestFinished(async () => {
    await server.kill();
    rmSync(folder, { recursive: true });
  });
  await server.start();
  return { server, libc };
}

async function enter(server: KillableServer, name: string): Promise<WireClient> {
  const client = await WireClient.join(server.url, "0".repeat(32), name);
  client.send({ type: "subscribe", channel, start: { from: "recent", count: 1000 } });
  await client.next("subscribed");
  return client;
}

function publish(client: WireClient, messageId: string): number {
  return client.send({ type: "publish", channel, event: "line", messageId, data: { text: messageId } });
}

/** The answer to a request, in words. */
async function answerTo(client: WireClient, id: number): Promise<string> {
  return vi.waitFor(
    () => {
      const answer = client.messages.find((message) => "id" in message && message.id === id);
      if (answer?.type === "ack") return answer.duplicate ? "duplicate" : "stored";
      if (answer?.type === "error") return answer.code;
      throw new Error(`Request ${id} was not answered`);
    },
    { timeout: 15_000, interval: 5 },
  );
}

async function health(server: KillableServer): Promise<number> {
  return (await fetch(`http://127.0.0.1:${server.port}/healthz`)).status;
}

/** What the log holds, as a newcomer reads it. */
async function readTexts(server: KillableServer, count: number): Promise<readonly unknown[]> {
  const reader = await WireClient.join(server.url, "1".repeat(32), "reader");
  reader.send({ type: "subscribe", channel, start: { from: "recent", count: 1000 } });
  const { top } = await reader.next("subscribed");
  expect(top).toBe(count);
  if (count > 0) await reader.next("event", ({ offset }) => offset === count);
  await reader.close();
  return reader.messages.flatMap((message) => (message.type === "event" ? [message.messageId] : []));
}

test.for(["dieBeforeSync", "dieAfterSync", "dieInWrite"] as const)(
  "[FX2] killed in the middle of a commit (%s), a server has what it acknowledged, and a retry stores the rest once",
  async (moment, { skip }) => {
    skip(whyNoFaultyLibc !== undefined, whyNoFaultyLibc);
    const { libc, server } = await start();
    const client = await enter(server, "ada");
    expect(await answerTo(client, publish(client, "first"))).toBe("stored");
    libc.set(moment, 1);
    publish(client, "second");
    await Promise.all([server.ended(), client.closed]);
    libc.heal();
    await server.start();
    const again = await enter(server, "ada");
    const data = { text: "second" };
    const retry = again.send({
      type: "publish",
      channel,
      event: "line",
      messageId: "second",
      data,
      retryAfterFirstMs: 1,
    });
    // A process that dies takes nothing with it that was written whole: only half a commit is stored by the retry.
    expect(await answerTo(again, retry)).toBe(moment === "dieInWrite" ? "stored" : "duplicate");
    expect(await readTexts(server, 2)).toEqual(["first", "second"]);
  },
);

test("[FX3] while the disk is slow an acknowledgement waits for it, and nothing that needs no disk does", async ({
  skip,
}) => {
  skip(whyNoFaultyLibc !== undefined, whyNoFaultyLibc);
  const { libc, server } = await start();
  const client = await enter(server, "ada");
  const syncDelayMs = 1_500;
  libc.set("syncDelayMs", syncDelayMs);
  const startMs = performance.now();
  const [slow, quick] = [publish(client, "slow"), client.send({ type: "unsubscribe", channel: "log/other" })];
  await client.next("ack", ({ id }) => id === slow);
  // Nothing makes a sync shorter than it is told to be.
  expect(performance.now() - startMs).toBeGreaterThanOrEqual(syncDelayMs);
  const answers = client.messages.flatMap((message) =>
    message.type === "ack" || message.type === "error" ? [message.id] : [],
  );
  expect(answers).toEqual([quick, slow]);
});

test("[FX4] after a sync that failed nothing is acknowledged, the line stays open and /healthz says 503; a restart has all that was acknowledged", async ({
  skip,
}) => {
  skip(whyNoFaultyLibc !== undefined, whyNoFaultyLibc);
  const { libc, server } = await start();
  const client = await enter(server, "ada");
  expect(await answerTo(client, publish(client, "before"))).toBe("stored");
  expect(await health(server)).toBe(200);
  libc.set("syncErrno", errno.EIO);
  expect(await answerTo(client, publish(client, "during"))).toBe("STORAGE_UNAVAILABLE");
  libc.heal();
  expect(await answerTo(client, publish(client, "after"))).toBe("STORAGE_UNAVAILABLE");
  expect(await health(server)).toBe(503);
  await server.kill();
  await server.start();
  const again = await enter(server, "ada");
  expect(await answerTo(again, publish(again, "before"))).toBe("duplicate");
  expect(await answerTo(again, publish(again, "after"))).toBe("stored");
});

test("[FX5] on a full disk publishing is refused with STORAGE_FULL, reading and live lines go on, and it works again by itself", async ({
  skip,
}) => {
  skip(whyNoFaultyLibc !== undefined, whyNoFaultyLibc);
  const { libc, server } = await start();
  const client = await enter(server, "ada");
  expect(await answerTo(client, publish(client, "before"))).toBe("stored");
  libc.set("writeErrno", errno.ENOSPC);
  expect(await answerTo(client, publish(client, "during"))).toBe("STORAGE_FULL");
  expect(await readTexts(server, 1)).toEqual(["before"]);
  expect(await health(server)).toBe(200);
  libc.heal();
  expect(await answerTo(client, publish(client, "during"))).toBe("stored");
  expect(await readTexts(server, 2)).toEqual(["before", "during"]);
});

test("[FX6] a wall clock that jumps an hour ahead and two back cuts no line, changes no order, and makes no retry a second message", async ({
  skip,
}) => {
  skip(whyNoFaultyLibc !== undefined, whyNoFaultyLibc);
  const { libc, server } = await start();
  const client = await enter(server, "ada");
  expect(await answerTo(client, publish(client, "now"))).toBe("stored");
  for (const [name, offsetMs] of [
    ["later", 3_600_000],
    ["earlier", -3_600_000],
  ] as const) {
    libc.set("clockOffsetMs", offsetMs);
    expect(await answerTo(client, publish(client, name))).toBe("stored");
    expect(await answerTo(client, publish(client, "now"))).toBe("duplicate");
  }
  const events = client.messages.flatMap((message) => (message.type === "event" ? [message] : []));
  expect(events.map(({ messageId }) => messageId)).toEqual(["now", "later", "earlier"]);
  // The jumps were real.
  expect((events[1]?.atMs ?? 0) - (events[2]?.atMs ?? 0)).toBeGreaterThan(7_000_000);
  expect(await readTexts(server, 3)).toEqual(["now", "later", "earlier"]);
});

test.for([3_600_000, -3_600_000])(
  "[FX15] credentials end at their time on a line whose server's wall clock jumps by %d ms: not at once, and not an hour later",
  async (jumpMs, { skip }) => {
    skip(whyNoFaultyLibc !== undefined, whyNoFaultyLibc);
    const { libc, server } = await start({ lifeMs: 4_000 });
    const client = await enter(server, "ada");
    libc.set("clockOffsetMs", jumpMs);
    expect(await answerTo(client, publish(client, "still-here"))).toBe("stored");
    expect(await client.closed).toMatchObject({ code: 4001 });
    const later = await enter(server, "ada");
    expect(await answerTo(later, publish(later, "still-here"))).toBe("duplicate");
  },
);
