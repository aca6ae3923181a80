import { afterEach, describe, expect, test, vi } from "vitest";
import { at, hello } from "../../test/client-bench.ts";
import { FakeSocket, line, start, turn } from "../../test/client-world.ts";
import {
  type ClientError,
  type ConnectOptions,
  pageMemory,
  type PageMemoryOptions,
  type StorageLike,
} from "./index.ts";

const key = "switchboard.positions";

class FakeStorage implements StorageLike {
  readonly items: Map<string, string> = new Map();
  writeCount = 0;
  getItem(name: string): string | null {
    return this.items.get(name) ?? null;
  }
  setItem(name: string, value: string): void {
    if (name === key) this.writeCount += 1;
    this.items.set(name, value);
  }
  get saved(): unknown {
    return JSON.parse(this.items.get(key) ?? "null");
  }
}

interface PageOptions extends PageMemoryOptions {
  readonly client?: ConnectOptions;
  readonly userId?: string;
}

/** A page with a client and its errors; the line is open. */
function page(storage: StorageLike, { client = {}, userId = "u1", ...options }: PageOptions = {}) {
  const world = start({ memory: pageMemory(storage, options), ...client });
  const errors: ClientError[] = [];
  world.client.onError((error) => errors.push(error));
  const open = (): FakeSocket => {
    world.socket.say(hello);
    world.socket.answer("auth", { type: "authenticated", user: { id: userId } });
    return world.socket;
  };
  return { ...world, errors, open };
}

/** What a client asks for first in a room that is open. */
function firstOps(socket: FakeSocket): unknown[] {
  return socket.ops.filter(({ type }) => type === "subscribe" || type === "resume");
}

const saved = { version: 1, url: "ws://a.example/ws", user: "u1", channels: [["chat/1", at(7)]] };
const resumed = [{ type: "resume", id: 2, channels: [{ channel: "chat/1", position: at(7) }] }];
const subscribed = [{ type: "subscribe", channel: "chat/1" }];

function storageWith(value: unknown): FakeStorage {
  const storage = new FakeStorage();
  storage.setItem(key, typeof value === "string" ? value : JSON.stringify(value));
  storage.writeCount = 0;
  return storage;
}

afterEach(() => {
  FakeSocket.all = [];
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("positions over a reload", () => {
  test("[CC40] the next page goes on after the last message that was told, whatever recent says", () => {
    const storage = new FakeStorage();
    const before = page(storage);
    before.client.chat({ room: "1" });
    before.open().stand(6);
    before.socket.event(7);
    expect(storage.saved).toBeNull();
    before.clock.pass(1000);
    expect(storage.saved).toEqual(saved);
    const after = page(storage);
    after.client.chat({ room: "1" }, { recent: 50 });
    after.client.chat({ room: "2" }, { recent: 50 });
    expect(firstOps(after.open())).toMatchObject([
      ...resumed,
      { type: "subscribe", channel: "chat/2", start: { from: "recent", count: 50 } },
    ]);
    after.socket.answer("resume", { type: "resumed", channels: [{ channel: "chat/1", position: at(7), top: 7 }] });
    expect(after.client.chat({ room: "1" }).status).toBe("live");
    expect(after.errors).toEqual([]);
  });

  test("[CC40] a room that is opened later goes on too; one that was left begins anew", () => {
    const { client, open, socket } = page(storageWith(saved));
    open();
    const room = client.chat({ room: "1" });
    expect(firstOps(socket)).toMatchObject(resumed);
    room.leave();
    client.chat({ room: "1" });
    expect(firstOps(socket).slice(1)).toMatchObject(subscribed);
  });

  test("[CC40] it is written when the page is left or hidden, not when it is shown, and at last when the client closes", async () => {
    const pageEvents = new EventTarget();
    const document = Object.assign(new EventTarget(), { visibilityState: "hidden" });
    vi.stubGlobal("addEventListener", pageEvents.addEventListener.bind(pageEvents));
    vi.stubGlobal("removeEventListener", pageEvents.removeEventListener.bind(pageEvents));
    vi.stubGlobal("document", document);
    const storage = new FakeStorage();
    const { client, clock, open, socket } = page(storage);
    client.chat({ room: "1" });
    open().stand(0);
    const top = (): unknown => (storage.saved as typeof saved).channels[0]?.[1];
    socket.event(1);
    pageEvents.dispatchEvent(new Event("pagehide"));
    expect(top()).toEqual(at(1));
    socket.event(2);
    document.dispatchEvent(new Event("visibilitychange"));
    expect(top()).toEqual(at(2));
    document.visibilityState = "visible";
    socket.event(3);
    document.dispatchEvent(new Event("visibilitychange"));
    expect(top()).toEqual(at(2));
    const closing = client.close();
    expect([top(), clock.timerCount]).toEqual([at(3), 1]);
    line().lose(1000);
    await closing;
    const { writeCount } = storage;
    pageEvents.dispatchEvent(new Event("pagehide"));
    document.visibilityState = "hidden";
    document.dispatchEvent(new Event("visibilitychange"));
    clock.pass(9999);
    expect(storage.writeCount).toBe(writeCount);
  });

  test("[CC40] many changes are one write, and before the first line there is none", () => {
    const storage = storageWith(saved);
    const { client, clock, open, socket } = page(storage, { saveAfterMs: 100 });
    client.chat({ room: "2" });
    clock.pass(100);
    expect(storage.writeCount).toBe(0);
    open();
    socket.answer("subscribe", { type: "subscribed", channel: "chat/2", position: at(0), top: 0 });
    for (let offset = 1; offset <= 50; offset += 1) socket.say({ type: "ping" });
    clock.pass(100);
    expect([storage.writeCount, storage.saved]).toEqual([
      1,
      {
        ...saved,
        channels: [
          ["chat/1", at(7)],
          ["chat/2", at(0)],
        ],
      },
    ]);
  });

  test("[CC40] a loop is done with a message when it asks for the next", async () => {
    const storage = new FakeStorage();
    const { client, clock, open, socket } = page(storage);
    const loop = client.chat({ room: "1" }).message[Symbol.asyncIterator]();
    const kept = (): unknown => {
      socket.say({ type: "ping" });
      clock.pass(1000);
      return (storage.saved as { channels: readonly [string, { offset: number }][] }).channels.map(
        ([, { offset }]) => offset,
      );
    };
    open().stand(0);
    expect(kept()).toEqual([]);
    let next = loop.next();
    expect(kept()).toEqual([0]);
    socket.event(1);
    socket.event(2);
    await next;
    expect(kept()).toEqual([0]);
    await loop.next();
    expect(kept()).toEqual([0]);
    next = loop.next();
    expect(kept()).toEqual([2]);
    socket.event(3);
    await next;
    next = loop.next();
    socket.event(4);
    expect(kept()).toEqual([3]);
    await next;
    await loop.return?.();
    expect(kept()).toEqual([4]);
  });

  test("[CC40] another entry at the same offset is another position", () => {
    const storage = storageWith(saved);
    const { client, clock, open, socket } = page(storage);
    client.chat({ room: "1" });
    open();
    socket.answer("resume", { type: "resumed", channels: [{ channel: "chat/1", position: at(6), top: 7 }] });
    const to = { ...at(7), tag: 99 };
    line().say({ type: "gap", channel: "chat/1", from: at(7), to, reason: "truncated" });
    clock.pass(1000);
    expect(storage.saved).toMatchObject({ channels: [["chat/1", to]] });
  });

  test("[CC40] after a gap the next page goes on behind it", () => {
    const storage = new FakeStorage();
    const { client, clock, open } = page(storage);
    client.chat({ room: "1" });
    open().stand(0);
    line().say({ type: "gap", channel: "chat/1", from: at(0), to: at(5), reason: "trimmed" });
    clock.pass(1000);
    expect(storage.saved).toMatchObject({ channels: [["chat/1", at(5)]] });
  });
});

describe("what cannot be used", () => {
  const useless: readonly (readonly [unknown, string])[] = [
    ["{", "SyntaxError"],
    ["null", "they are damaged"],
    [{ ...saved, version: 2 }, "they are damaged"],
    [{ ...saved, url: 1 }, "they are damaged"],
    [{ ...saved, user: undefined }, "they are damaged"],
    [{ ...saved, channels: {} }, "they are damaged"],
    [{ ...saved, channels: [["chat/1"]] }, "they are damaged"],
    [{ ...saved, channels: [[1, at(7)]] }, "they are damaged"],
    ...["0", "0".repeat(17), 0].map(
      (epoch) => [{ ...saved, channels: [["chat/1", { ...at(7), epoch }]] }, "they are damaged"] as const,
    ),
    ...[-1, 0.5, 2 ** 53, "7"].map(
      (offset) => [{ ...saved, channels: [["chat/1", { ...at(7), offset }]] }, "they are damaged"] as const,
    ),
    ...[-1, 2 ** 32].map(
      (tag) => [{ ...saved, channels: [["chat/1", { ...at(7), tag }]] }, "they are damaged"] as const,
    ),
    [{ ...saved, url: "ws://b.example/ws" }, "they are of ws://b.example/ws"],
    [{ ...saved, user: "u2" }, "they are another user's"],
  ];

  test.each(useless)("[CC41] %j is not used, and why is told once", async (value, why) => {
    const { client, errors, open } = page(storageWith(value));
    client.chat({ room: "1" });
    client.chat({ room: "2" });
    expect(firstOps(open())).toMatchObject([...subscribed, { type: "subscribe" }]);
    await turn();
    expect(errors).toMatchObject([{ code: "MEMORY", message: expect.stringContaining(why) as unknown }]);
    expect(errors[0]?.message).toContain('Cannot resume the positions of "switchboard.positions": ');
  });

  test("[CC41] the largest tag can be", () => {
    const { client, open } = page(storageWith({ ...saved, channels: [["chat/1", { ...at(7), tag: 2 ** 32 - 1 }]] }));
    client.chat({ room: "1" });
    expect(firstOps(open())).toMatchObject([{ type: "resume" }]);
  });

  test("[CC41] another user's positions are not written under the own name, even if no room asked for them", async () => {
    const storage = storageWith({ ...saved, user: "u2" });
    const { clock, errors, open } = page(storage);
    open();
    clock.pass(1000);
    await turn();
    expect([storage.saved, errors.length]).toEqual([{ ...saved, channels: [] }, 1]);
  });

  test("[CC41] a storage that takes nothing is told once, and the client goes on", async () => {
    const storage = new FakeStorage();
    vi.spyOn(storage, "setItem").mockImplementation(() => {
      throw new Error("quota");
    });
    const { client, clock, errors, open, socket } = page(storage);
    client.chat({ room: "1" });
    open().stand();
    clock.pass(1000);
    socket.event(1);
    clock.pass(1000);
    await turn();
    expect(errors).toMatchObject([{ code: "MEMORY", message: `Cannot keep the positions of "${key}": Error: quota` }]);
    expect(client.state).toBe("open");
  });

  test("[CC41] maxChannelCount channels are kept, those that changed last; that there are more is told", async () => {
    const storage = new FakeStorage();
    const { client, clock, errors, open, socket } = page(storage, { maxChannelCount: 2 });
    open();
    const join = (room: string): void => {
      client.chat({ room });
      socket.answer("subscribe", { type: "subscribed", channel: `chat/${room}`, position: at(0), top: 0 });
    };
    const kept = async (): Promise<unknown> => {
      clock.pass(1000);
      await turn();
      return [(storage.saved as typeof saved).channels.map(([channel]) => channel), errors.length];
    };
    join("1");
    join("2");
    expect(await kept()).toEqual([["chat/1", "chat/2"], 0]);
    socket.event(1);
    join("3");
    expect(await kept()).toEqual([["chat/1", "chat/3"], 1]);
  });

  test("[CC41] maxBytes are written, no more: the channel that changed longest ago gives way", async () => {
    const first = ["chat/a", at(0)];
    const second = ["chat/é", at(0)];
    const bytes = Buffer.byteLength(JSON.stringify({ ...saved, channels: [first, second] }));
    for (const [maxBytes, channels] of [
      [bytes, [first, second]],
      [bytes - 1, [second]],
    ] as const) {
      const storage = storageWith({ ...saved, channels: [first, second] });
      const { clock, errors, open } = page(storage, { maxBytes });
      open();
      clock.pass(1000);
      await turn();
      expect([storage.saved, errors.length]).toEqual([{ ...saved, channels }, channels.length === 2 ? 0 : 1]);
    }
  });
});
