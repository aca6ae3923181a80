import { once } from "node:events";
import { onTestFinished, expect, test } from "vitest";
import { z } from "zod";
import { channel, createGateway, ephemeral, event, type Gateway, latest, memoryBroker } from "../server/index.ts";
import { LineError } from "./gateway-line.ts";
import { tail, type TailOptions } from "./tail.ts";
import { formatPosition } from "./position-text.ts";
import type { TailRecord } from "./tail-view.ts";

const text = z.object({ text: z.string() });
const channels = {
  chat: channel("chat/:room", {
    events: {
      message: event(text),
      typing: ephemeral(z.object({})),
      price: latest(z.object({ symbol: z.string(), price: z.number() }), { by: ({ symbol }) => symbol }),
    },
    history: { maxCount: 5 },
    presence: true,
  }),
};

interface World {
  readonly gateway: Gateway<typeof channels>;
  say(...texts: readonly string[]): Promise<void>;
  /** Lets nobody in until the result is called. */
  shut(): () => void;
  readonly url: URL;
}

async function open(): Promise<World> {
  let gate: Promise<void> = Promise.resolve();
  const gateway = createGateway({
    channels,
    broker: memoryBroker(),
    limits: { presenceDiffMs: 1, maxRingCount: 5 },
    async authenticate({ token = "nobody" }) {
      await gate;
      return { id: token };
    },
  });
  const { url } = await gateway.listen({ port: 0 });
  onTestFinished(() => gateway.close({ graceMs: 100 }));
  return {
    gateway,
    url: new URL(url),
    async say(...texts) {
      for (const each of texts) {
        const message = { channel: "chat", params: { room: "1" }, event: "message", data: { text: each } } as const;
        await gateway.publish(message);
      }
    },
    shut() {
      let letIn: () => void = () => {};
      gate = new Promise((resolve) => (letIn = resolve));
      return () => letIn();
    },
  };
}

interface Following {
  readonly shown: TailRecord[];
  readonly ended: Promise<void>;
  stop(): void;
  /** Resolves with the first record of a type, from now on or before. */
  seen(type: TailRecord["type"]): Promise<TailRecord>;
}

function follow(url: URL, options: Partial<TailOptions> = {}): Following {
  const controller = new AbortController();
  const shown: TailRecord[] = [];
  const news = new EventTarget();
  const line = { url, connectOptions: {}, token: "ada", device: "0".repeat(32), timeoutMs: 5_000 };
  const ended = tail({
    line,
    channel: "chat/1",
    start: { type: "recent", count: 10 },
    follows: true,
    maxCount: Infinity,
    showsEphemeral: false,
    showsPresence: false,
    backoff: { minMs: 1, maxMs: 1 },
    signal: controller.signal,
    view: {
      show(record) {
        shown.push(record);
        news.dispatchEvent(new Event("record"));
      },
    },
    ...options,
  });
  ended.catch(() => {});
  onTestFinished(() => controller.abort());
  return {
    shown,
    ended,
    stop: () => controller.abort(),
    async seen(type) {
      for (;;) {
        const found = shown.find((record) => record.type === type);
        if (found !== undefined) return found;
        await once(news, "record");
      }
    },
  };
}

/** The texts of entries; what else was told by its type. */
function plain(records: readonly TailRecord[]): readonly string[] {
  return records.map((record) => (record.type === "event" ? (record.data as { text: string }).text : record.type));
}

test("[CM60] the last entries come first, oldest first, then what comes; it ends when it is told to", async () => {
  const { say, url } = await open();
  await say("a", "b", "c");
  const { ended, seen, shown, stop } = follow(url, { start: { type: "recent", count: 2 } });
  await seen("live");
  await say("d");
  while (shown.length < 4) await new Promise(setImmediate);
  expect(plain(shown)).toEqual(["b", "c", "live", "d"]);
  expect(shown[0]).toMatchObject({ channel: "chat/1", event: "message", offset: 2, user: { id: "server" } });
  stop();
  await ended;
});

test("[CM60] without following it ends with history; after --count entries it ends, too", async () => {
  const { say, url } = await open();
  await say("a", "b", "c");
  const all = follow(url, { follows: false });
  await all.ended;
  expect(plain(all.shown)).toEqual(["a", "b", "c"]);
  const two = follow(url, { maxCount: 2 });
  await two.ended;
  expect(plain(two.shown)).toEqual(["a", "b"]);
  const none = follow(url, { start: { type: "recent", count: 0 }, follows: false });
  await none.ended;
  expect(none.shown).toEqual([]);
});

test("[CM68] told to end before it is let in, it leaves the gateway at once", async () => {
  let beAsked: () => void = () => {};
  const asked = new Promise<void>((resolve) => (beAsked = resolve));
  let letIn: (user: { readonly id: string }) => void = () => {};
  const gateway = createGateway({
    channels,
    broker: memoryBroker(),
    authenticate: () => new Promise((resolve) => ((letIn = resolve), beAsked())),
  });
  onTestFinished(() => gateway.close({ graceMs: 100 }));
  const { url } = await gateway.listen({ port: 0 });
  const { ended, shown, stop } = follow(new URL(url));
  await asked;
  stop();
  letIn({ id: "ada" });
  await ended;
  expect(shown).toEqual([]);
});

test("[CM61] --since takes a position, an offset, or a time", async () => {
  const { say, url } = await open();
  await say("a", "b");
  const between = Date.now() + 1;
  while (Date.now() <= between) await new Promise(setImmediate);
  await say("c", "d");
  const shownSince = async (start: TailOptions["start"]): Promise<readonly string[]> => {
    const { ended, shown } = follow(url, { start, follows: false });
    await ended;
    return plain(shown);
  };
  const { ended, shown } = follow(url, { follows: false });
  await ended;
  const second = shown[1];
  const [offset, tag, epoch] = second?.type === "event" ? second.position.split(".") : [];
  const position = { offset: Number(offset), tag: Number.parseInt(tag ?? "", 16), epoch: epoch ?? "" };
  expect(formatPosition(position)).toBe(second?.type === "event" ? second.position : "");
  expect(await shownSince({ type: "position", position })).toEqual(["c", "d"]);
  expect(await shownSince({ type: "offset", offset: 0 })).toEqual(["a", "b", "c", "d"]);
  expect(await shownSince({ type: "offset", offset: 3 })).toEqual(["d"]);
  expect(await shownSince({ type: "offset", offset: 99 })).toEqual([]);
  expect(await shownSince({ type: "time", atMs: between })).toEqual(["c", "d"]);
  expect(await shownSince({ type: "time", atMs: 0 })).toEqual(["a", "b", "c", "d"]);
  expect(await shownSince({ type: "time", atMs: Date.now() + 1_000 })).toEqual([]);
});

test("[CM61] what is older than what is kept is one gap, told before the next entry", async () => {
  const { say, url } = await open();
  await say("a", "b", "c", "d", "e", "f", "g");
  const { ended, shown } = follow(url, { start: { type: "offset", offset: 1 }, follows: false });
  await ended;
  expect(shown[0]).toMatchObject({ type: "gap", reason: "trimmed", from: 1, to: 2 });
  expect(plain(shown)).toEqual(["gap", "c", "d", "e", "f", "g"]);
});

test("[CM62] when the line breaks it comes back, shows what was missed, and says how much was and how much is gone", async () => {
  const { gateway, say, shut, url } = await open();
  await say("a");
  const { ended, seen, shown, stop } = follow(url);
  await seen("live");
  const letIn = shut();
  await gateway.disconnect({ userId: "ada", code: 4000 });
  await seen("lost");
  await say("b", "c");
  letIn();
  expect(await seen("back")).toMatchObject({ recoveredCount: 2, lostCount: 0 });
  expect(plain(shown)).toEqual(["a", "live", "lost", "b", "c", "back"]);
  expect(shown[2]).toMatchObject({
    reason: 'The gateway closed the line with 4000 "The server disconnected this user"',
  });
  const letInAgain = shut();
  await gateway.disconnect({ userId: "ada", code: 4000 });
  while (shown.length < 7) await new Promise(setImmediate);
  await say("d", "e", "f", "g", "h", "i", "j");
  letInAgain();
  while (shown.length < 14) await new Promise(setImmediate);
  expect(plain(shown.slice(6))).toEqual(["lost", "gap", "f", "g", "h", "i", "j", "back"]);
  expect(shown[7]).toMatchObject({ type: "gap", reason: "trimmed", from: 3, to: 5 });
  expect(shown[13]).toMatchObject({ recoveredCount: 5, lostCount: 2 });
  stop();
  await ended;
});

test("[CM62] a gateway that goes away says when to come back, and one that was never reached is a fault at once", async () => {
  const { gateway, url } = await open();
  const { ended, seen, stop } = follow(url);
  await seen("live");
  await gateway.close();
  expect(await seen("lost")).toMatchObject({
    reason: expect.stringMatching(/^The gateway closed the line with 1001/),
    retryInMs: 0, // the only one to come back: no back-off of ours is as short
  });
  stop();
  await ended;
  await expect(follow(url).ended).rejects.toMatchObject({ code: "ERR_NETWORK" });
});

test("[CM62] a log that is another one is told as a gap before it is said that all is well again", async () => {
  const { gateway, say, url } = await open();
  await say("a", "b");
  const { ended, seen, shown, stop } = follow(url);
  await seen("live");
  await gateway.close();
  const other = createGateway({ channels, broker: memoryBroker(), authenticate: () => ({ id: "ada" }) });
  onTestFinished(() => other.close({ graceMs: 100 }));
  await other.listen({ port: Number(url.port) });
  await seen("back");
  expect(plain(shown).filter((one) => one !== "lost")).toEqual(["a", "b", "live", "gap", "back"]);
  expect(shown.at(-2)).toMatchObject({ reason: "epoch", from: 2, to: 0 });
  stop();
  await ended;
});

test("[CM62] a refusal is for good: of a channel that is not there, of a user who is to stay away, of a subscription later", async () => {
  const { gateway, url } = await open();
  await expect(follow(url, { channel: "nowhere" }).ended).rejects.toMatchObject({ code: "UNKNOWN_CHANNEL" });
  const banned = follow(url);
  await banned.seen("live");
  await gateway.disconnect({ userId: "ada" });
  await expect(banned.ended).rejects.toThrow("The gateway closed the line with 4503");
  const ended = follow(url);
  await ended.seen("live");
  await gateway.unsubscribe({ userId: "ada", channel: "chat", params: { room: "1" } });
  await expect(ended.ended).rejects.toBeInstanceOf(LineError);
});

test("[CM63] newest values are shown; what is not stored, and who comes and goes, where it is asked for", async () => {
  const { gateway, url } = await open();
  const all = follow(url, { showsEphemeral: true, showsPresence: true });
  const few = follow(url, {
    line: { url, connectOptions: {}, token: "bob", device: "1".repeat(32), timeoutMs: 5_000 },
  });
  await Promise.all([all.seen("live"), few.seen("live")]);
  const where = { channel: "chat", params: { room: "1" } } as const;
  await gateway.tell({ ...where, event: "typing", data: {}, user: { id: "carl" } });
  await gateway.tell({ ...where, event: "price", data: { symbol: "X", price: 1 } });
  expect(await all.seen("ephemeral")).toMatchObject({ event: "typing", user: { id: "carl" } });
  expect(await all.seen("latest")).toMatchObject({ event: "price", key: "X", data: { symbol: "X", price: 1 } });
  await few.seen("latest");
  expect(await all.seen("presence")).toMatchObject({ joined: [{ id: "ada" }], leftCount: 0 });
  expect(plain(few.shown)).toEqual(["live", "latest"]);
});
