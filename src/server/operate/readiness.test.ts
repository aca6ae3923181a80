import { afterEach, expect, test, vi } from "vitest";
import { z } from "zod";
import { WireClient } from "../../../test/gateway/wire-client.ts";
import { memoryBroker } from "../../brokers/index.ts";
import { BrokerError, type Broker, type BrokerSink } from "../../gateway/index.ts";
import { VirtualClock } from "../../testing/index.ts";
import { channel } from "../channel.ts";
import { event } from "../event.ts";
import type { GatewayInfo } from "../health.ts";
import { createGateway, type Gateway } from "../gateway.ts";
import { silentLog } from "../log.ts";
import { type Machine, thisMachine } from "../machine.ts";
import { Store } from "../store.ts";
import { Meters } from "./meters.ts";
import { canaryChannel, Readiness } from "./readiness.ts";

const channels = { any: channel(":a/:b", { events: { item: event(z.unknown()) } }) };
const gateways: Gateway[] = [];
afterEach(async () => {
  await Promise.all(gateways.splice(0).map((gateway) => gateway.close()));
});

/** A memory store that can refuse, be mute, and count. */
class Rig {
  readonly memory = memoryBroker();
  readonly clock = new VirtualClock();
  readonly machine: Machine;
  readonly readiness: Readiness;
  readonly #store: Store;
  info: Pick<GatewayInfo, "status" | "reason"> = { status: "ok" };
  fault: "join" | "append" | undefined;
  isMute = false;
  joinCount = 0;
  appendCount = 0;
  storedCount = 0;

  constructor() {
    const { clock } = this;
    this.machine = {
      ...thisMachine,
      steadyMs: () => clock.nowMs,
      after(delayMs, run) {
        const timer = clock.setTimeout(run, delayMs);
        return () => clock.clearTimeout(timer);
      },
    };
    const { machine } = this;
    this.#store = new Store({ broker: this.#broker(), require: "mem", log: silentLog, machine, meters: new Meters() });
    const counts = { connectionCount: 0, channelCount: 0, droppedEphemeralCount: 0 };
    this.readiness = new Readiness({ store: this.#store, machine, info: () => ({ ...counts, ...this.info }) });
  }

  async open(): Promise<this> {
    const sink: Pick<BrokerSink, "appended" | "broadcasted"> = {
      appended: (name, _epoch, { messageId }) => {
        if (!this.isMute && name === canaryChannel) this.readiness.heard(messageId);
      },
      broadcasted: () => {},
    };
    await this.#store.open(sink);
    return this;
  }

  #broker(): Broker {
    const { memory } = this;
    const fail = (what: typeof this.fault): void => {
      if (this.fault === what) throw new BrokerError("STORAGE_UNAVAILABLE", "planted");
    };
    return {
      open: (sink) => memory.open(sink),
      append: async (request) => {
        this.appendCount += 1;
        fail("append");
        const result = await memory.append(request);
        this.storedCount += 1;
        return result;
      },
      read: (request) => memory.read(request),
      join: async (name) => {
        this.joinCount += 1;
        fail("join");
        return memory.join(name);
      },
      leave: (name) => memory.leave(name),
      broadcast: (name, payload) => memory.broadcast(name, payload),
      close: () => memory.close(),
    };
  }
}

test("[OP10] a canary is stored, told by the store and heard of: ready", async () => {
  const rig = await new Rig().open();
  expect(rig.readiness.canaryMs).toBeUndefined();
  expect(await rig.readiness.check()).toEqual({ status: "ready", canaryMs: 0 });
  expect(rig.readiness.canaryMs).toBe(0);
  const { entries, top } = await rig.memory.read({ channel: canaryChannel, after: 0, maxCount: 9, maxBytes: 99 });
  expect([entries.length, top.offset]).toEqual([1, 1]);
});

test("[OP10] all who ask within a second share one canary; then another flies, and no more than one is kept", async () => {
  const rig = await new Rig().open();
  await Promise.all([rig.readiness.check(), rig.readiness.check()]);
  await rig.readiness.check();
  expect(rig.appendCount).toBe(1);
  rig.clock.advance(999);
  await rig.readiness.check();
  expect(rig.appendCount).toBe(1);
  rig.clock.advance(1);
  await rig.readiness.check();
  expect([rig.appendCount, rig.joinCount]).toEqual([2, 1]);
  expect(rig.clock.pendingCount).toBe(0);
  const { entries } = await rig.memory.read({ channel: canaryChannel, after: 0, maxCount: 9, maxBytes: 99 });
  expect(entries).toHaveLength(1);
});

test("[OP11] a canary that does not come back within 2 s is a no, and the next one may be a yes", async () => {
  const rig = await new Rig().open();
  rig.isMute = true;
  const checking = rig.readiness.check();
  await vi.waitFor(() => expect(rig.storedCount).toBe(1));
  await new Promise(setImmediate);
  rig.clock.advance(2_000);
  expect(await checking).toEqual({ status: "unready", reason: "a canary did not come back within 2000 ms" });
  expect(rig.clock.nowMs % 2_000).toBe(0);
  rig.isMute = false;
  rig.clock.advance(1_000);
  expect(await rig.readiness.check()).toMatchObject({ status: "ready" });
});

test("[OP11] a store that cannot be joined or appended to is a no, and says why", async () => {
  const rig = await new Rig().open();
  for (const fault of ["join", "append"] as const) {
    rig.fault = fault;
    expect(await rig.readiness.check()).toEqual({
      status: "unready",
      reason: "The store does not answer; nothing was stored",
    });
    rig.fault = undefined;
    rig.clock.advance(1_000);
    expect(await rig.readiness.check()).toMatchObject({ status: "ready" });
    rig.clock.advance(1_000);
  }
});

test("[OP11] a gateway that drains or has lost its store is not asked for a canary", async () => {
  const rig = await new Rig().open();
  rig.info = { status: "draining" };
  expect(await rig.readiness.check()).toEqual({ status: "unready", reason: "the gateway is draining" });
  rig.info = { status: "unavailable", reason: "the disk failed" };
  expect(await rig.readiness.check()).toEqual({ status: "unready", reason: "the disk failed" });
  expect(rig.appendCount).toBe(0);
});

test("[OP12] /readyz asks, and no pattern and no client can reach the canary's channel", async () => {
  const gateway = createGateway({ channels, broker: memoryBroker() });
  gateways.push(gateway);
  const { url } = await gateway.listenAdmin({ port: 0 });
  const ready = await fetch(`${url}/readyz`);
  expect([ready.status, await ready.json()]).toEqual([200, { status: "ready", canaryMs: expect.any(Number) }]);
  const [a = "", b = ""] = canaryChannel.split("/");
  await expect(gateway.publish({ channel: "any", params: { a, b }, event: "item", data: 1 })).rejects.toMatchObject({
    code: "BAD_CHANNEL",
  });
  expect(gateway.info().channelCount).toBe(0);
});

test("[OP12] as soon as it drains it is unready, while it still serves those who are not let go yet", async () => {
  const gateway = createGateway({ channels, broker: memoryBroker() });
  const { url } = await gateway.listen({ port: 0 });
  const admin = await gateway.listenAdmin({ port: 0 });
  const clients = await Promise.all(["0", "1"].map((digit) => WireClient.join(url, digit.repeat(32))));
  expect((await fetch(`${admin.url}/readyz`)).status).toBe(200);
  const closing = gateway.close({ drainMs: 3_600_000, graceMs: 7_200_000 });
  const ready = await fetch(`${admin.url}/readyz`);
  expect([ready.status, await ready.json()]).toEqual([503, { status: "unready", reason: "the gateway is draining" }]);
  const metrics = await (await fetch(`${admin.url}/metrics`)).text();
  expect(metrics).toContain("\nswitchboard_draining 1\n");
  expect(metrics).toContain("\nswitchboard_up 0\n");
  await Promise.all(clients.map((client) => client.close()));
  await closing;
});
