import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { at, hello, user } from "../../test/client-bench.ts";
import type { ChannelDefinition, EventDefinition, HasChannels } from "../wire/index.ts";
import {
  type Client,
  ClientError,
  type ClientStateInfo,
  connect,
  type ConnectOptions,
  type Gap,
  type Message,
  type PresenceChange,
  type RoomStatusInfo,
} from "./index.ts";

interface Chat extends HasChannels {
  readonly channels: {
    readonly chat: ChannelDefinition<
      "chat/:room",
      {
        readonly message: EventDefinition<"event", { text: string }>;
        readonly typing: EventDefinition<"ephemeral", object>;
        readonly price: EventDefinition<"latest", number>;
      }
    >;
    readonly lobby: ChannelDefinition<"lobby", { readonly message: EventDefinition<"event", string> }>;
  };
}

type Listener = (event: { readonly data: unknown; readonly code: number; readonly reason: string }) => void;

/** What the client does when its turn is over. */
const endsOfTurn: (() => void)[] = [];

/** A socket whose other end is the test. */
class FakeSocket {
  static all: FakeSocket[] = [];
  readonly url: string;
  readonly protocols: string[];
  readonly frames: string[] = [];
  closedWith: unknown[] | undefined;
  readonly #listeners: (readonly [string, Listener])[] = [];

  constructor(url: string, protocols: string[]) {
    this.url = url;
    this.protocols = protocols;
    FakeSocket.all.push(this);
  }

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.push([type, listener]);
  }

  send(text: string): void {
    this.frames.push(text);
  }

  /** What it was sent, up to now: the turn is over. */
  get ops(): Record<string, unknown>[] {
    for (const endOfTurn of endsOfTurn.splice(0)) endOfTurn();
    return this.frames.flatMap((frame) => frame.split("\n").map((text) => JSON.parse(text) as Record<string, unknown>));
  }

  close(code?: number): void {
    this.closedWith = [code];
  }

  emit(type: string, event: Partial<Parameters<Listener>[0]>): void {
    for (const [kind, listener] of this.#listeners) {
      if (kind === type) listener({ data: undefined, code: 1005, reason: "", ...event });
    }
  }

  say(message: object): void {
    this.emit("message", { data: JSON.stringify(message) });
  }

  answer(type: string, reply: object): void {
    this.say({ ...reply, id: this.ops.findLast((op) => op["type"] === type)?.["id"] });
  }

  lose(code = 1006, reason = ""): void {
    this.emit("close", { code, reason });
  }

  open(): this {
    this.say(hello);
    this.answer("auth", { type: "authenticated", user });
    return this;
  }

  stand(offset = 0, more: object = {}): this {
    this.answer("subscribe", { type: "subscribed", channel: "chat/1", position: at(offset), top: offset, ...more });
    return this;
  }

  event(offset: number, from = "u2"): void {
    const entry = { event: "message", offset, tag: offset, messageId: `m${offset}`, user: { id: from }, atMs: 5 };
    this.say({ type: "event", channel: "chat/1", ...entry, data: { text: "hi" } });
  }
}

/** A clock that goes when it is told to. */
class FakeClock {
  #nowMs = 0;
  #timers: { readonly atMs: number; readonly callback: () => void }[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  }

  get timerCount(): number {
    return this.#timers.length;
  }

  pass(ms: number): void {
    this.#nowMs += ms;
    const due = this.#timers.filter(({ atMs }) => atMs <= this.#nowMs);
    this.#timers = this.#timers.filter(({ atMs }) => atMs > this.#nowMs);
    for (const { callback } of due) callback();
  }
}

function start(options: ConnectOptions = {}): { client: Client<Chat>; clock: FakeClock; socket: FakeSocket } {
  const clock = new FakeClock();
  const client = connect<Chat>("ws://a.example/ws", { WebSocket: FakeSocket, clock, random: () => 0.5, ...options });
  return { client, clock, socket: line() };
}

function line(): FakeSocket {
  const socket = FakeSocket.all.at(-1);
  if (socket === undefined) throw new Error("Nothing was dialled");
  return socket;
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

beforeEach(() => {
  vi.stubGlobal("queueMicrotask", (endOfTurn: () => void) => endsOfTurn.push(endOfTurn));
});

afterEach(() => {
  endsOfTurn.length = 0;
  FakeSocket.all = [];
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("connect", () => {
  test("[CC2] it dials at once with our subprotocol, and tells its state, now and at each change", () => {
    const { client, socket } = start();
    const states: ClientStateInfo["state"][] = [];
    const end = client.onState(({ state }) => states.push(state));
    expect([socket.url, socket.protocols]).toEqual(["ws://a.example/ws", ["switchboard.v1+json"]]);
    expect([client.state, client.user, client.durability]).toEqual(["connecting", undefined, undefined]);
    socket.open();
    expect([client.state, client.user, client.durability]).toEqual(["open", user, "fsync"]);
    socket.lose();
    end();
    line().lose();
    expect(states).toEqual(["connecting", "open", "waiting"]);
  });

  test("[CC2] a token may be a text, or be fetched for each line", async () => {
    start({ token: "fixed" }).socket.say(hello);
    expect(line().ops[0]).toMatchObject({ token: "fixed" });
    let count = 0;
    const { clock, socket } = start({ token: () => `t${(count += 1)}` });
    socket.say(hello);
    expect(socket.ops).toEqual([]);
    await turn();
    expect(socket.ops[0]).toMatchObject({ type: "auth", token: "t1" });
    socket.lose();
    clock.pass(250);
    line().say(hello);
    await turn();
    expect(line().ops[0]).toMatchObject({ token: "t2" });
  });

  test("[AU10] the token is fetched again when it is about to expire; a fixed one is not sent again", async () => {
    let count = 0;
    const { socket } = start({ token: () => `t${(count += 1)}` });
    await turn();
    socket.open();
    socket.say({ type: "expiring", expiresInMs: 60_000 });
    await turn();
    expect(socket.ops.at(-1)).toMatchObject({ type: "refresh", token: "t2" });
    const fixed = start({ token: "fixed" }).socket.open();
    fixed.say({ type: "expiring", expiresInMs: 60_000 });
    await turn();
    expect(fixed.ops.map(({ type }) => type)).toEqual(["auth"]);
  });

  test("[CC2] a token that cannot be fetched is reported, and tried again with the next line", async () => {
    const { client, socket } = start({ token: () => Promise.reject(new Error("offline")) });
    const errors: ClientError[] = [];
    client.onError((error) => errors.push(error));
    await turn();
    expect(errors).toMatchObject([{ code: "SETUP", message: "Cannot get a token: Error: offline" }]);
    expect([client.state, socket.closedWith]).toEqual(["waiting", [undefined]]);
  });

  test("[CC2] a token that comes after its line broke is not used for the next", async () => {
    const answers: ((token: string) => void)[] = [];
    const { clock, socket } = start({ token: () => new Promise((resolve) => answers.push(resolve)) });
    await turn();
    socket.lose();
    answers[0]?.("old");
    await turn();
    clock.pass(250);
    await turn();
    line().say(hello);
    expect(line().ops).toEqual([]);
    answers[1]?.("new");
    await turn();
    expect(line().ops[0]).toMatchObject({ token: "new" });
  });

  test("[CC6] a line that is given up is closed, and what it still says is not heard", () => {
    const { client, clock, socket } = start();
    clock.pass(10_000);
    expect([client.state, socket.closedWith]).toEqual(["waiting", [undefined]]);
    socket.open();
    socket.lose(4500);
    expect(client.state).toBe("waiting");
    clock.pass(250);
    line().open();
    expect(client.state).toBe("open");
  });

  test("[CC6] signs of life set no timer each, and the timer that is there finds a silent line", () => {
    const { client, clock, socket } = start();
    socket.open();
    for (let count = 0; count < 10; count += 1) {
      clock.pass(1000);
      socket.say({ type: "ping" });
      expect(clock.timerCount).toBe(1);
    }
    for (const ms of [39_999, 1]) clock.pass(ms);
    expect(client.state).toBe("waiting");
  });

  test("[CC7] where the platform tells that it is back online, a wait ends", async () => {
    const listeners = new Map<string, () => void>();
    vi.stubGlobal("addEventListener", (type: string, listener: () => void) => listeners.set(type, listener));
    vi.stubGlobal("removeEventListener", (type: string) => listeners.delete(type));
    const { client, socket } = start();
    socket.lose();
    listeners.get("online")?.();
    expect([FakeSocket.all.length, client.state]).toEqual([2, "connecting"]);
    const closing = client.close();
    line().lose(1000);
    await closing;
    expect(listeners.size).toBe(0);
  });

  test("[CC7] a page that is shown again does not wait either; one that is hidden does", async () => {
    const page = Object.assign(new EventTarget(), { visibilityState: "hidden" });
    vi.stubGlobal("document", page);
    const { client, socket } = start();
    socket.lose();
    page.dispatchEvent(new Event("visibilitychange"));
    expect([FakeSocket.all.length, client.state]).toEqual([1, "waiting"]);
    page.visibilityState = "visible";
    page.dispatchEvent(new Event("visibilitychange"));
    expect([FakeSocket.all.length, client.state]).toEqual([2, "connecting"]);
    const removed = vi.spyOn(page, "removeEventListener");
    const closing = client.close();
    line().lose(1000);
    await closing;
    expect(removed).toHaveBeenCalledTimes(1);
  });

  test("[CC21] close() says 1000 and resolves when the socket is closed, or after 5 s; again it is the same", async () => {
    const { client, socket } = start();
    socket.open();
    const room = client.chat({ room: "1" });
    const closing = client.close();
    expect([client.close(), socket.closedWith, client.state, room.status]).toEqual([closing, [1000], "closed", "left"]);
    socket.lose(1000);
    await closing;
    const silent = start();
    silent.socket.open();
    const timingOut = silent.client.close();
    silent.clock.pass(5000);
    await timingOut;
    expect(silent.clock.timerCount).toBe(0);
  });

  test("[CC21] close() between two lines resolves at once, and no line follows", async () => {
    const { client, clock, socket } = start();
    socket.lose();
    await client.close();
    clock.pass(100_000);
    expect(FakeSocket.all).toHaveLength(1);
  });

  test("[CC22] what no promise tells goes to onError, or to the console", () => {
    const log = vi.spyOn(console, "error").mockReturnValue();
    const { client, socket } = start();
    socket.open();
    socket.say({ type: "event" });
    expect(log).toHaveBeenCalledOnce();
    const errors: ClientError[] = [];
    client.onError((error) => errors.push(error));
    client.onError(() => {
      throw new Error("even this");
    });
    client.onState(({ state }) => {
      if (state === "waiting") throw new Error("not ready");
    });
    socket.lose();
    expect(errors).toMatchObject([{ code: "LISTENER", message: "A listener threw: Error: not ready" }]);
    expect(errors[0]?.cause).toEqual(new Error("not ready"));
    expect(log).toHaveBeenCalledTimes(2);
  });

  test("[CC23] without a WebSocket it says where one is", () => {
    vi.stubGlobal("WebSocket", undefined);
    expect(() => connect("ws://a.example")).toThrow(
      /^Cannot connect: there is no WebSocket here; import "switchboard\/client"/,
    );
    vi.stubGlobal("WebSocket", FakeSocket);
    vi.stubGlobal("location", { href: "https://page.example/" });
    connect("/ws");
    expect(line().url).toBe("wss://page.example/ws");
  });
});

describe("a room", () => {
  test("[CC19] the same parameters give the same room, until it has ended", () => {
    const { client, socket } = start();
    const room = client.chat({ room: "1" });
    expect(client.chat({ room: "1" })).toBe(room);
    expect(client.chat({ room: "2" })).not.toBe(room);
    expect(client.lobby()).toBe(client.lobby({}));
    expect([room.name, room.status]).toEqual([undefined, "joining"]);
    socket.open();
    room.leave();
    expect(room.status).toBe("left");
    expect(client.chat({ room: "1" })).not.toBe(room);
  });

  test("[CC19] its name and status are there when they are known", () => {
    const { client, socket } = start();
    const room = client.chat({ room: "1" });
    const infos: RoomStatusInfo[] = [];
    room.onStatus((info) => infos.push(info));
    socket.open();
    const before = socket.ops.length;
    client.chat({ room: "2" }, { recent: 7 });
    expect(socket.ops.slice(before)).toMatchObject([{ channel: "chat/2", start: { from: "recent", count: 7 } }]);
    socket.answer("subscribe", { type: "error", code: "FORBIDDEN", message: "no" });
    socket.say({ type: "subscribed", id: 2, channel: "chat/1", position: at(0), top: 0 });
    expect([room.name, room.status, infos]).toEqual(["chat/1", "live", [{ status: "live" }]]);
  });

  test("[CC8] listeners and loops get each message once, and know whose it is", async () => {
    const { client, socket } = start();
    const room = client.chat({ room: "1" });
    const heard: Message[] = [];
    const end = room.message.on((message) => heard.push(message));
    const loop = room.message[Symbol.asyncIterator]();
    socket.open().stand();
    socket.event(1, "u1");
    socket.event(1, "u1");
    end();
    socket.event(2);
    const first = {
      event: "message",
      data: { text: "hi" },
      id: "m1",
      user: { id: "u1" },
      offset: 1,
      atMs: 5,
      isMine: true,
    };
    expect(heard).toEqual([first]);
    expect([await loop.next(), await loop.next()]).toMatchObject([
      { value: first },
      { value: { id: "m2", isMine: false } },
    ]);
  });

  test("[CC22] a listener that throws keeps neither the next message nor the others away", () => {
    const { client, socket } = start();
    const errors: ClientError[] = [];
    client.onError((error) => errors.push(error));
    const room = client.chat({ room: "1" });
    room.message.on(() => {
      throw new Error("no");
    });
    const heard: number[] = [];
    room.message.on(({ offset }) => heard.push(offset));
    socket.open().stand();
    socket.event(1);
    socket.event(2);
    expect([heard, errors.map(({ code }) => code)]).toEqual([
      [1, 2],
      ["LISTENER", "LISTENER"],
    ]);
  });

  test("[CC8] what a listener asks of the client is done after what was under way", async () => {
    const { client, socket } = start();
    const room = client.chat({ room: "1" });
    const heard: number[] = [];
    room.message.on(({ offset }) => {
      heard.push(offset);
      if (offset === 1) room.leave();
    });
    socket.open().stand();
    socket.event(1);
    socket.event(2);
    expect([heard, room.status]).toEqual([[1], "left"]);
    await expect(room.message.send({ text: "late" }, { id: "x" })).rejects.toMatchObject({ code: "CLOSED", id: "x" });
  });

  test("[CC9] a gap is told between the messages it lies between", () => {
    const { client, clock, socket } = start();
    const room = client.chat({ room: "1" });
    const heard: (number | Gap)[] = [];
    room.message.on(({ offset }) => heard.push(offset));
    room.onGap((gap) => heard.push(gap));
    socket.open().stand();
    socket.event(1);
    socket.lose();
    clock.pass(250);
    line()
      .open()
      .answer("resume", { type: "resumed", channels: [{ channel: "chat/1", position: at(4), top: 5 }] });
    line().say({ type: "gap", channel: "chat/1", from: at(1), to: at(4), reason: "trimmed" });
    line().event(5);
    expect(heard).toEqual([1, { from: 1, to: 4, reason: "trimmed" }, 5]);
  });

  test("[CC10] send resolves with the ack; an id is made if none is given", async () => {
    const { client, socket } = start();
    const room = client.chat({ room: "1" });
    const sending = room.message.send({ text: "hi" });
    socket.open().stand();
    const { messageId } = socket.ops.at(-1) as { messageId: string };
    socket.answer("publish", { type: "ack", ...at(1), durability: "fsync", duplicate: true });
    expect(messageId).toMatch(/^[0-9a-f]{32}$/);
    expect(await sending).toEqual({ id: messageId, offset: 1, durability: "fsync", duplicate: true });
  });

  test("[CC29] a send without echo is stored and not heard by its own room; without the option it is", async () => {
    const { client, socket } = start();
    const room = client.chat({ room: "1" });
    const heard: string[] = [];
    room.message.on(({ id }) => heard.push(id));
    socket.open().stand();
    for (const [id, options] of [
      ["m1", { echo: false }],
      ["m2", {}],
    ] as const) {
      const sending = room.message.send({ text: "hi" }, { id, ...options });
      const offset = Number(id.slice(1));
      socket.answer("publish", { type: "ack", ...at(offset), durability: "fsync", duplicate: false });
      socket.event(offset, user.id);
      expect(await sending).toMatchObject({ offset });
    }
    expect(heard).toEqual(["m2"]);
  });

  test("[CC12] send rejects with the code and the id", async () => {
    const { client, socket } = start();
    const sending = client.chat({ room: "1" }).message.send({ text: "hi" }, { id: "mine" });
    socket.open().stand();
    socket.answer("publish", { type: "error", code: "BAD_DATA", message: "text is too long" });
    await expect(sending).rejects.toMatchObject({ name: "SendError", code: "BAD_DATA", id: "mine" });
    await expect(sending).rejects.toThrow("text is too long");
    await expect(sending).rejects.toBeInstanceOf(ClientError);
  });

  test("[CC15] a signal gives a send up, before or after it began; afterwards it does nothing", async () => {
    const { client, socket } = start();
    const room = client.chat({ room: "1" });
    await expect(room.message.send({ text: "a" }, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "ABORTED",
    });
    const controller = new AbortController();
    const sending = room.message.send({ text: "b" }, { signal: controller.signal, id: "b" });
    controller.abort();
    await expect(sending).rejects.toMatchObject({ code: "ABORTED", id: "b" });
    const late = new AbortController();
    const forget = vi.spyOn(late.signal, "removeEventListener");
    const stored = room.message.send({ text: "c" }, { signal: late.signal });
    socket.open().stand();
    socket.answer("publish", { type: "ack", ...at(1), durability: "os", duplicate: false });
    expect(forget).toHaveBeenCalledOnce();
    late.abort();
    expect(await stored).toMatchObject({ offset: 1 });
  });

  test("[CC16] ephemeral events go and come without a promise that could fail, in an ended room too", async () => {
    const { client, socket } = start();
    const room = client.chat({ room: "1" });
    const heard: unknown[] = [];
    room.typing.on((message) => heard.push(message));
    expect(await Promise.all([room.typing.send({}), socket.open().stand() && room.typing.send({ a: 1 })])).toEqual([
      undefined,
      undefined,
    ]);
    expect(socket.ops.filter(({ type }) => type === "ephemeral")).toMatchObject([{ data: { a: 1 } }]);
    const typing = { type: "ephemeral", channel: "chat/1", event: "typing", user, ttlMs: 10, data: {} };
    socket.say(typing);
    socket.say({ ...typing, member: "d1" });
    expect(heard).toEqual([
      { data: {}, user, ttlMs: 10 },
      { data: {}, user, ttlMs: 10, member: "d1" },
    ]);
    room.leave();
    expect(await room.typing.send({})).toBeUndefined();
  });

  test("[CC17] history gives messages as they would have come, and asks for the newest 50 by itself", async () => {
    const { client, socket } = start();
    const room = client.chat({ room: "1" });
    const reading = room.history();
    const failing = room.history({ before: 7, count: 2 });
    socket.open().stand();
    const [first, second] = socket.ops.filter(({ type }) => type === "history");
    expect([first, second]).toMatchObject([
      { before: Number.MAX_SAFE_INTEGER, count: 50 },
      { before: 7, count: 2 },
    ]);
    const entry = { event: "message", offset: 3, tag: 3, messageId: "m3", user, atMs: 5, data: { text: "x" } };
    socket.answer("history", { type: "error", code: "INTERNAL", message: "no" });
    socket.say({
      type: "history",
      id: first?.["id"],
      channel: "chat/1",
      epoch: at(0).epoch,
      events: [entry],
      more: true,
    });
    const message = { event: "message", data: { text: "x" }, id: "m3", user, offset: 3, atMs: 5, isMine: true };
    expect(await reading).toEqual({ messages: [message], more: true });
    await expect(failing).rejects.toMatchObject({ code: "INTERNAL" });
  });

  test("[CC18] presence is who is here, and what changed", () => {
    const { client, socket } = start();
    const room = client.chat({ room: "1" });
    const ada = { member: "d1", user: { id: "ada" } };
    const changes: PresenceChange[] = [];
    room.presence.on((change) => changes.push(change));
    expect(room.presence.members).toEqual([]);
    socket.open().stand(0, { members: [ada] });
    socket.say({ type: "presence", channel: "chat/1", joined: [], left: ["d1"] });
    expect(changes).toEqual([
      { members: [ada], count: 1, joined: [ada], left: [] },
      { members: [], count: 0, joined: [], left: [ada] },
    ]);
    expect([room.presence.members, room.presence.count]).toEqual([[], 0]);
  });

  test("[CC20] a loop ends with its room: quietly if it was left, with the reason if it was refused", async () => {
    const { client, socket } = start();
    const left = client.chat({ room: "1" });
    const refused = client.chat({ room: "2" });
    const loops = [left.message, refused.message].map((event) => event[Symbol.asyncIterator]().next());
    socket.open();
    socket.answer("subscribe", { type: "error", code: "FORBIDDEN", message: "not a member" });
    left.leave();
    expect(await Promise.allSettled(loops)).toMatchObject([
      { status: "fulfilled", value: { done: true } },
      { status: "rejected", reason: { code: "FORBIDDEN", message: "not a member" } },
    ]);
    await expect(refused.message[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "FORBIDDEN" });
    await expect(refused.message.send({ text: "x" })).rejects.toThrow("Cannot send message: not a member");
    expect(await left.message[Symbol.asyncIterator]().next()).toEqual({ done: true, value: undefined });
  });

  function price(key: string, data: number): object {
    return { key, user, data };
  }
  function tell(socket: FakeSocket, snapshot: boolean, ...values: object[]): void {
    socket.say({ type: "latest", channel: "chat/1", event: "price", snapshot, values });
  }

  test("[CC26] the newest values are a map that is up to date before a listener hears of one; a snapshot replaces them", async () => {
    const { client, socket } = start();
    const room = client.chat({ room: "1" });
    const { values } = room.price;
    const heard: unknown[] = [];
    room.price.on(({ data, key }) => heard.push([key, data, values.get(key)?.data]));
    expect([values.size, room.price.values]).toEqual([0, values]);
    socket.open().stand();
    tell(socket, true, price("A", 1), price("B", 2));
    tell(socket, false, price("A", 3));
    expect([...values.values()]).toEqual([price("B", 2), price("A", 3)]);
    tell(socket, true, price("C", 4));
    expect([...values.keys()]).toEqual(["C"]);
    expect(heard.map(String)).toEqual(["A,1,1", "B,2,2", "A,3,3", "C,4,4"]);
    room.leave();
    expect(await room.price.send(5)).toBeUndefined();
  });

  test("[CC26] maxLatestCount keys are kept; of one more, the one renewed longest ago goes", () => {
    const { client, socket } = start({ maxLatestCount: 2 });
    const { values } = client.chat({ room: "1" }).price;
    socket.open().stand();
    tell(socket, true, price("A", 1), price("B", 1));
    tell(socket, false, price("A", 2));
    expect([...values.keys()]).toEqual(["B", "A"]);
    tell(socket, false, price("C", 1));
    expect([...values.keys()]).toEqual(["A", "C"]);
  });

  test("[CC27] a loop that is behind reads of each key only the newest value", async () => {
    const { client, socket } = start({ maxBufferedCount: 2 });
    const loop = client.chat({ room: "1" }).price[Symbol.asyncIterator]();
    socket.open().stand();
    tell(socket, true, price("A", 1), price("B", 1));
    for (const data of [2, 3, 4]) tell(socket, false, price("A", data));
    expect([(await loop.next()).value, (await loop.next()).value]).toEqual([price("B", 1), price("A", 4)]);
  });

  test("[CC20] a loop that is more than maxBufferedCount behind ends; listeners do not notice", async () => {
    const { client, socket } = start({ maxBufferedCount: 2 });
    const room = client.chat({ room: "1" });
    const loop = room.message[Symbol.asyncIterator]();
    const heard: number[] = [];
    room.message.on(({ offset }) => heard.push(offset));
    socket.open().stand();
    for (const offset of [1, 2, 3, 4]) socket.event(offset);
    expect([(await loop.next()).value?.offset, (await loop.next()).value?.offset]).toEqual([1, 2]);
    await expect(loop.next()).rejects.toMatchObject({ code: "TOO_SLOW" });
    expect(heard).toEqual([1, 2, 3, 4]);
  });
});
