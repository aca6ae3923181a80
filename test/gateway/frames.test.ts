/** What leaves a server in one turn, as the other end of the line gets it. */
import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import { memoryBroker } from "../../src/brokers/index.ts";
import { type ClientSocket, connect as dial } from "../../src/engine/index.ts";
import { channel, createGateway, event, latest } from "../../src/server/index.ts";
import { decodeServerFrame, type ServerMessage, subprotocol } from "../../src/wire/index.ts";

const news = channel("news", { events: { item: event(z.number()) } });
const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** A line that keeps its frames apart. */
class Line {
  readonly frames: ServerMessage[][] = [];
  socket: ClientSocket | undefined;
  #wake: () => void = () => undefined;

  static async open(url: string): Promise<Line> {
    const line = new Line();
    line.socket = await dial(url, {
      protocols: [subprotocol],
      message: (_socket, data) => {
        line.frames.push(
          decodeServerFrame(String(data)).flatMap((one) => (one.type === "message" ? [one.message] : [])),
        );
        line.#wake();
      },
    });
    closing.push(() => line.socket?.terminate());
    return line;
  }

  send(...ops: readonly object[]): void {
    this.socket?.send(ops.map((op) => JSON.stringify(op)).join("\n"));
  }

  /** All messages, once there are so many of a type. */
  async until(type: ServerMessage["type"], count: number): Promise<readonly ServerMessage[]> {
    for (;;) {
      const all = this.frames.flat();
      if (all.filter((message) => message.type === type).length >= count) return all;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

test("[SV70] what a server sends one connection in one turn is in fewer frames than messages, and in its order", async () => {
  const gateway = createGateway({ channels: { news }, broker: memoryBroker() });
  closing.push(() => gateway.close({ graceMs: 1 }));
  const { url } = await gateway.listen({ port: 0 });
  const line = await Line.open(url);
  const auth = { type: "auth", id: 1, device: "a".repeat(32) };
  const subscribe = { type: "subscribe", id: 2, channel: "news", start: { from: "live" } };
  line.send(auth, subscribe);
  await line.until("subscribed", 1);
  line.frames.length = 0;
  const publish = (id: number): object => ({
    type: "publish",
    id,
    channel: "news",
    event: "item",
    messageId: `m${id}`,
    data: id,
  });
  line.send(...Array.from({ length: 20 }, (_, index) => publish(index + 3)));
  const all = await line.until("event", 20);
  await line.until("ack", 20);
  const offsets = all.flatMap((message) => (message.type === "event" ? [message.offset] : []));
  expect(offsets).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  expect(line.frames.flat()).toHaveLength(40);
  expect(line.frames.length).toBeLessThan(20);
});

test("[SV70] what waits for a queue to drain is not put into the frame before it", async () => {
  const ticker = channel("ticker", { events: { one: latest(z.string()), two: latest(z.string()) } });
  const limits = { highWaterBytes: 1, maxReplayBytes: 1 };
  const gateway = createGateway({ channels: { ticker }, broker: memoryBroker(), limits });
  closing.push(() => gateway.close({ graceMs: 1 }));
  const { url } = await gateway.listen({ port: 0 });
  const line = await Line.open(url);
  line.send({ type: "auth", id: 1, device: "a".repeat(32) });
  line.send({ type: "subscribe", id: 2, channel: "ticker", start: { from: "live" } });
  await line.until("latest", 2);
  const counts = line.frames.map((frame) => frame.filter(({ type }) => type === "latest").length);
  expect(Math.max(...counts)).toBe(1);
});
