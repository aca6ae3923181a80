import { afterAll, beforeAll, expect } from "vitest";
import { NatsServer, natsTest } from "../../../test/nats-server.ts";
import { describeBroker } from "../../testing/index.ts";
import { jetStreamBroker } from "./jetstream-broker.ts";

let alone: NatsServer | undefined;
let cluster: readonly NatsServer[] = [];
let streamCount = 0;

beforeAll(async () => {
  // Without them each test says what is missing.
  alone = await NatsServer.start().catch(() => undefined);
  cluster = await NatsServer.startCluster(3).catch(() => []);
});
afterAll(async () => {
  for (const server of [alone, ...cluster]) await server?.dispose();
});

describeBroker("JetStream, one replica", {
  test: natsTest,
  expect,
  isPersistent: true,
  makeStore: async () => {
    const options = { url: alone?.url ?? "", stream: `contract${streamCount++}` };
    return { makeBroker: () => jetStreamBroker(options) };
  },
});

describeBroker("JetStream, three replicas", {
  test: natsTest,
  expect,
  isPersistent: true,
  makeStore: async () => {
    const options = { url: cluster.map(({ url }) => url), stream: `contract${streamCount++}`, replicas: 3 };
    return { makeBroker: () => jetStreamBroker({ ...options, connectTimeoutMs: 20_000 }) };
  },
});
