import { afterEach, describe, expect, test, vi } from "vitest";
import { at, user } from "../../test/client-bench.ts";
import { FakeSocket, start, turn } from "../../test/client-world.ts";
import { ClientError } from "./index.ts";

afterEach(() => {
  FakeSocket.all = [];
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("what a room sends", () => {
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
      false,
      true,
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
    expect(await room.typing.send({})).toBe(false);
  });

  test("[CC16] who does not wait for a send does not crash because its room ends", async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown): number => unhandled.push(error);
    process.on("unhandledRejection", note);
    const { client, socket } = start();
    const room = client.chat({ room: "1" });
    void room.typing.send({});
    const sending = room.message.send({ text: "hi" });
    void client.close();
    void room.typing.send({});
    await expect(sending).rejects.toMatchObject({ code: "CLOSED" });
    socket.lose(1000);
    await turn();
    process.off("unhandledRejection", note);
    expect(unhandled).toEqual([]);
  });

  test("[CC16] anything else that is wrong with it is not kept from who does not wait, and is thrown once", async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown): number => unhandled.push(error);
    const others = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection").on("unhandledRejection", note);
    const { client, socket } = start();
    void client.chat({ room: "1" }).message.send(Symbol("no JSON") as never);
    await turn();
    await turn();
    process.removeAllListeners("unhandledRejection");
    for (const other of others) process.on("unhandledRejection", other);
    expect(unhandled).toMatchObject([{ code: "BAD_DATA" }]);
    socket.lose();
  });
});
