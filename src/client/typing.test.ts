import { afterEach, describe, expect, test, vi } from "vitest";
import { FakeSocket, start, turn } from "../../test/client-world.ts";
import { trackTyping, type Typing, type TypingOptions } from "./index.ts";

const ada = { id: "ada", name: "Ada" };
const bob = { id: "bob" };

afterEach(() => {
  FakeSocket.all = [];
  vi.restoreAllMocks();
});

interface World extends ReturnType<typeof start> {
  readonly typing: Typing;
  /** Each list that was told. */
  readonly told: (readonly string[])[];
  hear(user: { readonly id: string; readonly name?: string }, ttlMs?: number): void;
  sends(): number;
}

function follow(options: Partial<TypingOptions<object>> = {}): World {
  const world = start();
  const room = world.client.chat({ room: "1" });
  const { client, clock, socket } = world;
  const typing = trackTyping<object>({ client, event: room.typing, endedBy: room.message, clock, ...options });
  const told: (readonly string[])[] = [];
  typing.on((users) => told.push(users.map(({ id }) => id)));
  socket.open().stand();
  return {
    ...world,
    typing,
    told,
    hear: (user, ttlMs = 5000) =>
      socket.say({ type: "ephemeral", channel: "chat/1", event: "typing", user, ttlMs, data: {} }),
    sends: () => socket.ops.filter(({ type }) => type === "ephemeral").length,
  };
}

describe("who is typing", () => {
  test("[CC38] a name stays for the event's ttlMs after it was last heard, who began first first", () => {
    const { clock, hear, typing, told } = follow();
    hear(ada);
    clock.pass(3000);
    hear(bob);
    hear(ada);
    expect(typing.users).toEqual([ada, bob]);
    clock.pass(4999);
    expect(typing.users).toEqual([ada, bob]);
    clock.pass(1);
    expect([typing.users, told]).toEqual([[], [["ada"], ["ada", "bob"], []]]);
    expect(clock.timerCount).toBe(1);
  });

  test("[CC38] each name expires at its own time", () => {
    const { clock, hear, told } = follow();
    hear(ada, 1000);
    hear(bob, 2000);
    clock.pass(1000);
    clock.pass(1000);
    expect(told).toEqual([["ada"], ["ada", "bob"], ["bob"], []]);
  });

  test("[CC38] the list is the same while nothing changes in it, and another when a name does", () => {
    const { hear, typing, told } = follow();
    hear(ada);
    const { users } = typing;
    hear(ada);
    expect(typing.users).toBe(users);
    hear({ id: "ada", name: "Countess" });
    expect([typing.users, told.length]).toEqual([[{ id: "ada", name: "Countess" }], 2]);
  });

  test("[CC38] the own name is left out, on another device too", () => {
    const { hear, told } = follow();
    hear({ id: "u1" });
    expect(told).toEqual([]);
  });

  test("[CC38] a message ends its sender's typing, nobody else's", () => {
    const { hear, socket, told } = follow();
    hear(ada);
    hear(bob);
    socket.event(1, "ada");
    socket.event(2, "ada");
    expect(told).toEqual([["ada"], ["ada", "bob"], ["bob"]]);
  });

  test("[CC38] any of several events ends it, and without one only its time", () => {
    const { client } = start();
    const room = client.chat({ room: "2" });
    const several = follow({ endedBy: [room.message] });
    several.hear(ada);
    several.socket.event(1, "ada");
    const none = follow({ endedBy: [] });
    none.hear(ada);
    none.socket.event(1, "ada");
    expect([several.told, none.told]).toEqual([[["ada"]], [["ada"]]]);
  });

  test("[CC38] who is no longer here types no more, on whatever device they still are", () => {
    const world = start();
    const room = world.client.chat({ room: "1" });
    const { clock, client, socket } = world;
    const typing = trackTyping({ client, event: room.typing, presence: room.presence, clock });
    socket.open().stand(0, {
      members: [ada, ada, bob].map((user, index) => ({ member: `d${index}`, user })),
    });
    for (const user of [ada, bob]) {
      socket.say({ type: "ephemeral", channel: "chat/1", event: "typing", user, ttlMs: 9, data: {} });
    }
    socket.say({ type: "presence", channel: "chat/1", joined: [], left: ["d0"] });
    expect(typing.users).toEqual([ada, bob]);
    socket.say({ type: "presence", channel: "chat/1", joined: [], left: ["d1"] });
    expect(typing.users).toEqual([bob]);
    socket.say({ type: "presence", channel: "chat/1", joined: [], left: [], memberCount: 2000, members: [] });
    expect(typing.users).toEqual([bob]);
  });

  test("[CC38] maxUserCount people are kept; of one more, the one heard of first goes", () => {
    const { hear, typing } = follow({ maxUserCount: 2 });
    for (const id of ["a", "b"]) hear({ id });
    expect(typing.users.map(({ id }) => id)).toEqual(["a", "b"]);
    hear({ id: "c" });
    expect(typing.users.map(({ id }) => id)).toEqual(["b", "c"]);
  });

  test("[CC38] closed it forgets everybody, hears nobody and has no timer", () => {
    const { clock, hear, socket, typing, told } = follow();
    hear(ada);
    typing.close();
    hear(bob);
    socket.event(1, "bob");
    expect([typing.users, told, clock.timerCount]).toEqual([[], [["ada"], []], 1]);
  });
});

describe("telling that one types", () => {
  test("[CC38] it is told at most once in everyMs, however many keys are pressed", async () => {
    const { clock, sends, typing } = follow({ everyMs: 2000 });
    for (const ms of [0, 1, 1998, 1, 1999, 1]) {
      clock.pass(ms);
      typing.press();
      await turn();
    }
    expect(sends()).toBe(3);
  });

  test("[CC38] by default every 3 s, with {} or what was given", () => {
    const { clock, socket, typing } = follow({ data: { field: "title" } });
    typing.press();
    clock.pass(2999);
    typing.press();
    expect(socket.ops.filter(({ type }) => type === "ephemeral")).toMatchObject([{ data: { field: "title" } }]);
    const plain = follow();
    plain.typing.press();
    expect(plain.socket.ops.at(-1)).toMatchObject({ event: "typing", data: {} });
  });

  test("[CC38] one that was dropped does not count, one after an own message is told at once", async () => {
    const { clock, client, sends, socket, typing } = follow();
    typing.press();
    socket.event(1, "u1");
    typing.press();
    expect(sends()).toBe(2);
    clock.pass(3000);
    socket.lose();
    typing.press();
    await turn();
    clock.pass(250);
    FakeSocket.all
      .at(-1)!
      .open()
      .answer("resume", {
        type: "resumed",
        channels: [{ channel: "chat/1", position: { epoch: "0".repeat(16), offset: 1, tag: 1 }, top: 1 }],
      });
    typing.press();
    expect([client.state, FakeSocket.all.at(-1)!.ops.at(-1)]).toMatchObject(["open", { type: "ephemeral" }]);
  });

  test("[CC38] the end of the client is no fault of who presses a key", async () => {
    const unhandled = vi.fn<(error: unknown) => void>();
    process.on("unhandledRejection", unhandled);
    const { client, socket } = start();
    const typing = trackTyping({ client, event: client.chat({ room: "1" }).typing });
    typing.press();
    void client.close();
    socket.lose(1000);
    await turn();
    process.off("unhandledRejection", unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });
});
