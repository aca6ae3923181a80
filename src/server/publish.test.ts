import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import { memoryBroker } from "../brokers/index.ts";
import { channel } from "./channel.ts";
import { GatewayError } from "./errors.ts";
import { ephemeral, event } from "./event.ts";
import { createGateway, type Gateway } from "./gateway.ts";

const limits = { publishesPerSecond: 2, maxDataBytes: 5 };
const channels = {
  log: channel("log/:id", { events: { line: event(z.string()), hint: ephemeral(z.string()) }, limits }),
};
const line = { channel: "log", params: { id: "1" }, event: "line", data: "abc" } as const;
const hint = { ...line, event: "hint" } as const;

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((gateway) => gateway.close()));
});

function make(): Gateway<typeof channels> {
  const gateway = createGateway({ channels, broker: memoryBroker() });
  open.push(gateway);
  return gateway;
}

/** What a publish or a tell that must fail was refused with. */
async function refusalOf(work: Promise<unknown>): Promise<GatewayError> {
  const error: unknown = await work.then(
    () => undefined,
    (refused: unknown) => refused,
  );
  if (error instanceof GatewayError) return error;
  throw new Error("It was not refused");
}

test("[SV30] what the server publishes and tells counts towards its channel's rate, and is refused past it with the time to wait", async () => {
  const gateway = make();
  await gateway.publish(line);
  await gateway.tell(hint);
  for (const work of [gateway.publish(line), gateway.tell(hint)]) {
    const { code, message, retryAfterMs } = await refusalOf(work);
    expect([code, message]).toEqual(["RATE_LIMITED", 'Cannot publish to "log/1": the channel takes 2 events a second']);
    expect(retryAfterMs).toBeGreaterThan(0);
    expect(retryAfterMs).toBeLessThanOrEqual(500);
  }
  await gateway.publish({ ...line, params: { id: "2" } });
});

test("[SV30] data of the channel's limit is published, a byte more is not", async () => {
  const gateway = make();
  await gateway.publish(line);
  expect(await refusalOf(gateway.publish({ ...line, data: "abcd" }))).toMatchObject({
    code: "TOO_BIG",
    retryAfterMs: undefined,
  });
});

test("[SV30] what bypasses the limits is neither refused nor counted", async () => {
  const gateway = make();
  for (let count = 0; count < 5; count += 1) {
    await gateway.publish({ ...line, data: "much longer", bypassLimits: true });
    await gateway.tell({ ...hint, data: "much longer", bypassLimits: true });
  }
  await gateway.publish(line);
  await gateway.publish({ ...line, bypassLimits: false });
  expect(await refusalOf(gateway.publish({ ...line, bypassLimits: false }))).toMatchObject({ code: "RATE_LIMITED" });
});

test("[SV30] what does not fit its schema is not counted", async () => {
  const gateway = make();
  for (let count = 0; count < 5; count += 1) {
    // What a caller without types may hand in.
    const wrong = { ...line, data: 1 as unknown as string };
    expect(await refusalOf(gateway.publish(wrong))).toMatchObject({ code: "BAD_DATA" });
  }
  await gateway.publish(line);
  await gateway.publish(line);
});

test("[GA16] what every object has is neither a channel nor an event of the server's own", async () => {
  const gateway = make();
  for (const name of ["constructor", "toString", "__proto__"]) {
    // What a caller without types may hand in.
    const channelNamed = { ...line, channel: name as "log" };
    const eventNamed = { ...line, event: name as "line" };
    expect(await refusalOf(gateway.publish(channelNamed))).toMatchObject({ code: "UNKNOWN_CHANNEL" });
    expect(await refusalOf(gateway.publish(eventNamed))).toMatchObject({ code: "UNKNOWN_EVENT" });
  }
});
