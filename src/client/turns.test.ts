import { expect, test } from "vitest";
import { at, Bench, hello, user } from "../../test/client-bench.ts";
import type { ChannelDefinition, EventDefinition, HasChannels } from "../wire/index.ts";
import { connect, type WebSocketLike } from "./index.ts";

interface Chat extends HasChannels {
  readonly channels: {
    readonly chat: ChannelDefinition<"chat/:room", { readonly typing: EventDefinition<"ephemeral", number> }>;
  };
}

type Listener = (event: { readonly data: unknown }) => void;
type EndListener = (event: { readonly code: number; readonly reason: string }) => void;

const lines: Line[] = [];

/** A socket that keeps the frames it is given. */
class Line implements WebSocketLike {
  readonly frames: string[] = [];
  #say: Listener = () => undefined;
  #end: EndListener = () => undefined;

  constructor() {
    lines.push(this);
  }

  addEventListener(type: "message" | "close", listener: (event: never) => void): void {
    if (type === "message") this.#say = listener as Listener;
    else this.#end = listener as EndListener;
  }

  send(text: string): void {
    this.frames.push(text);
  }

  close(): void {
    this.frames.push("closed");
  }

  say(...messages: object[]): void {
    this.#say({ data: messages.map((message) => JSON.stringify(message)).join("\n") });
  }

  lose(): void {
    this.#end({ code: 1006, reason: "" });
  }

  /** The types of the requests in each frame. */
  get types(): string[][] {
    return this.frames.map((frame) => frame.split("\n").map((text) => (JSON.parse(text) as { type: string }).type));
  }
}

async function start() {
  const client = connect<Chat>("ws://a.example", { WebSocket: Line });
  const line = lines.at(-1) ?? new Line();
  line.say(hello);
  await Promise.resolve();
  return { client, line };
}

const standing = (id: number, room: number): object => ({
  type: "subscribed",
  id,
  channel: `chat/${room}`,
  position: at(0),
  top: 0,
});

test("[CC60] the rooms of a line that was accepted are asked for in one frame, within the server's limits", async () => {
  const { client, line } = await start();
  for (const room of [1, 2, 3, 4, 5]) client.chat({ room: String(room) });
  line.say({ type: "authenticated", id: 1, user });
  await Promise.resolve();
  // The bench's hello allows 300 bytes and 4 operations.
  expect(line.types).toEqual([["auth"], ["subscribe", "subscribe", "subscribe", "subscribe"], ["subscribe"]]);
  void client.close();
});

test("[CC60] what is sent in one turn leaves together; what is sent later leaves later", async () => {
  const { client, line } = await start();
  const room = client.chat({ room: "1" });
  line.say({ type: "authenticated", id: 1, user });
  await Promise.resolve();
  line.say(standing(2, 1));
  line.frames.length = 0;
  await Promise.all([room.typing.send(1), room.typing.send(2)]);
  await room.typing.send(3);
  expect(line.types).toEqual([["ephemeral", "ephemeral"], ["ephemeral"]]);
});

test("[CC60] what was sent before close() leaves before the line closes", async () => {
  const { client, line } = await start();
  const room = client.chat({ room: "1" });
  line.say({ type: "authenticated", id: 1, user });
  await Promise.resolve();
  line.say(standing(2, 1));
  line.frames.length = 0;
  void room.typing.send(1);
  void client.close();
  expect(line.frames).toHaveLength(2);
  expect([JSON.parse(line.frames[0] ?? ""), line.frames[1]]).toMatchObject([{ type: "ephemeral", data: 1 }, "closed"]);
  await Promise.resolve();
  expect(line.frames).toHaveLength(2);
});

test("[CC60] what a line did not take before it broke is not said on the next one before its hello", async () => {
  const { client, line } = await start();
  line.say({ type: "authenticated", id: 1, user });
  client.chat({ room: "1" });
  line.lose();
  client.reconnect();
  await Promise.resolve();
  expect([line.types, lines.at(-1) === line, lines.at(-1)?.frames]).toEqual([[["auth"]], false, []]);
  void client.close();
});

test("[CC61] the messages of one frame are heard in their order, each as if it had come alone", async () => {
  const { client, line } = await start();
  const heard: number[] = [];
  const room = client.chat({ room: "1" });
  room.typing.on(({ data }) => heard.push(data));
  const typing = (data: number): object => ({
    type: "ephemeral",
    channel: "chat/1",
    event: "typing",
    user,
    ttlMs: 1,
    data,
  });
  line.say({ type: "authenticated", id: 1, user });
  line.say(standing(2, 1), typing(1), { type: "of tomorrow" }, typing(2));
  expect(heard).toEqual([1, 2]);
  void client.close();
});

test("[CC61] one that cannot be read is told and costs the others nothing", () => {
  const bench = new Bench();
  bench.core.receiveToken(undefined, bench.nowMs);
  bench.core.receive([JSON.stringify(hello), "{", '{"type":"ping"}'].join("\n"), bench.nowMs);
  bench.take();
  bench.answer("auth", { type: "authenticated", user });
  const [first, ...others] = bench.seen("error", "state").slice(-2);
  expect([first, others]).toMatchObject([{ error: { code: "PROTOCOL" } }, [{ info: { state: "open" } }]]);
});

test("[CC61] behind a message that ends the line nothing of its frame is heard", () => {
  const bench = new Bench();
  bench.core.receiveToken(undefined, bench.nowMs);
  bench.core.receive(['{"type":"ping"}', JSON.stringify(hello)].join("\n"), bench.nowMs);
  bench.take();
  expect([bench.ops, bench.seen("server")]).toEqual([[], []]);
  bench.pass();
  bench.open();
  expect(bench.seen("state").at(-1)).toMatchObject({ info: { state: "open" } });
});
