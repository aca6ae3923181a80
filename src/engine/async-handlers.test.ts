import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { deferred } from "./deferred.ts";
import { setUp } from "../../test/line-setup.ts";
import { rawClose, rawFrame } from "../../test/raw-peer.ts";

test("[ST30] while a message's promise is pending nothing is delivered and nothing is read, then all in order", async () => {
  const order: unknown[] = [];
  const [gate, last] = [deferred(), deferred()];
  const { peer, transport, line, clock } = await setUp({
    async message(_socket, data) {
      order.push(data);
      if (data === "one") await gate.promise;
      order.push(`${data as string} done`);
      if (data === "three") last.resolve();
    },
    ping: () => void order.push("ping"),
  });
  peer.write(Buffer.concat([rawFrame(1, "one"), rawFrame(9), rawFrame(1, "two")]));
  while (order.length === 0) await turn();
  peer.write(rawFrame(1, "three"));
  expect(transport.isPaused()).toBe(true);
  clock.advance(120_000); // the peer cannot say that it is alive
  await turn();
  expect(transport.isPaused()).toBe(true);
  expect(line.state).toBe("open");
  expect(order).toEqual(["one"]);
  gate.resolve();
  await last.promise;
  expect(order).toEqual(["one", "one done", "ping", "two", "two done", "three", "three done"]);
});

test("[ST30] a message whose handler returns no promise delays nothing", async () => {
  const order: unknown[] = [];
  const gate = deferred();
  const { peer } = await setUp({
    message(socket, data) {
      order.push(data);
      void gate.promise;
      if (data === "two") socket.send("done");
    },
  });
  peer.write(Buffer.concat([rawFrame(1, "one"), rawFrame(1, "two")]));
  expect(await peer.readText()).toBe("done");
  expect(order).toEqual(["one", "two"]);
});

test("[ST30] pause() and a pending message hold together: each alone is not enough to go on", async () => {
  const order: unknown[] = [];
  const [gate, last] = [deferred(), deferred()];
  const { peer, line, transport } = await setUp({
    async message(socket, data) {
      order.push(data);
      if (data === "two") return last.resolve();
      socket.pause();
      socket.resume();
      await gate.promise;
      socket.pause();
    },
  });
  peer.write(Buffer.concat([rawFrame(1, "one"), rawFrame(1, "two")]));
  while (order.length === 0) await turn();
  await turn();
  expect(order).toEqual(["one"]);
  gate.resolve();
  await turn();
  await turn();
  expect(order).toEqual(["one"]);
  expect(transport.isPaused()).toBe(true);
  line.resume();
  await last.promise;
  expect(order).toEqual(["one", "two"]);
});

test("[ST31] a promise that rejects is told to error, closed with 1011, and nothing more is delivered", async () => {
  const told: unknown[] = [];
  const { peer, closed } = await setUp({
    async message(_socket, data) {
      told.push(data);
      await turn();
      throw new Error("from message");
    },
    error: (error) => void told.push((error as Error).message),
  });
  peer.write(Buffer.concat([rawFrame(1, "one"), rawFrame(1, "two")]));
  expect((await peer.readFrame()).payload.readUInt16BE()).toBe(1011);
  peer.write(rawClose(1011));
  peer.socket.end();
  expect(await closed).toMatchObject({ code: 1011, by: "us", wasClean: true });
  expect(told).toEqual(["one", "from message"]);
});

test("[ST32] what a peer said before it closed, or ended, is delivered first, one after the other", async () => {
  for (const ending of [rawClose(1000), Buffer.alloc(0)]) {
    const order: unknown[] = [];
    const { peer, closed } = await setUp({
      async message(_socket, data) {
        await turn();
        await turn();
        order.push(data);
      },
    });
    peer.write(Buffer.concat([rawFrame(1, "one"), rawFrame(1, "two"), ending]));
    peer.socket.end();
    const { code } = await closed;
    expect(code).toBe(ending.length > 0 ? 1000 : 1006);
    expect(order).toEqual(["one", "two"]);
  }
});

test("[ST32] closing does not wait for a handler that never ends: closeTimeoutMs cuts", async () => {
  const begun = deferred();
  const { peer, line, clock, closed } = await setUp({
    message() {
      begun.resolve();
      return new Promise(() => {});
    },
  });
  peer.write(rawFrame(1, "one"));
  await begun.promise;
  line.close(1000);
  expect((await peer.readFrame()).opcode).toBe(8);
  peer.write(rawClose(1000));
  clock.advance(6000);
  expect(await closed).toMatchObject({ code: 1000, by: "us", wasClean: false });
});
