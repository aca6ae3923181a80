import { expect, onTestFinished, test } from "vitest";
import { RawPeer, rawHandshake } from "../../test/raw-peer.ts";
import { memoryBroker } from "../brokers/index.ts";
import { channel } from "./channel.ts";
import { createGateway } from "./gateway.ts";

async function listen(maxConnections: number): Promise<number> {
  const channels = { news: channel("news", { events: {} }) };
  const gateway = createGateway({ channels, broker: memoryBroker(), limits: { maxConnections } });
  onTestFinished(() => gateway.close({ graceMs: 1 }));
  return (await gateway.listen({ port: 0 })).port;
}

async function connect(port: number): Promise<RawPeer> {
  const peer = await RawPeer.connect(port);
  onTestFinished(() => peer.destroy());
  return peer;
}

test("[SV65] a request that drips is answered with 408 after ten seconds", async () => {
  const peer = await connect(await listen(9));
  const startMs = performance.now();
  peer.write("GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
  const drip = setInterval(() => peer.write("a"), 200);
  onTestFinished(() => clearInterval(drip));
  expect(await peer.readToEnd()).toMatch(/^HTTP\/1\.1 408 /);
  expect(performance.now() - startMs).toBeGreaterThan(9_900);
}, 20_000);

test("[SV65] of connections that say nothing 32 more are taken than there may be WebSockets, and then no other", async () => {
  const port = await listen(1);
  const silent = [];
  for (let count = 0; count < 32; count += 1) silent.push(await connect(port));
  const last = await connect(port);
  last.write(rawHandshake());
  expect(await last.readHead()).toMatch(/^HTTP\/1\.1 101 /);
  const oneMore = await connect(port);
  expect(await oneMore.readToEnd()).toBe("");
  silent.pop()?.destroy();
  await expect
    .poll(async () => {
      const next = await connect(port);
      next.write(rawHandshake());
      return (await next.readToEnd()).slice(9, 12);
    })
    .toBe("503");
});
