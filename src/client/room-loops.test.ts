import { afterEach, describe, expect, test } from "vitest";
import { user } from "../../test/client-bench.ts";
import { FakeSocket, start } from "../../test/client-world.ts";

afterEach(() => {
  FakeSocket.all = [];
});

describe("loops and newest values", () => {
  function price(key: string, data: number): object {
    return { key, user, data };
  }

  function tell(socket: FakeSocket, snapshot: boolean, ...values: object[]): void {
    socket.say({ type: "latest", channel: "chat/1", event: "price", snapshot, values });
  }

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
    expect(await room.price.send(5)).toBe(false);
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
