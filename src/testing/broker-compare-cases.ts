import type { KnownLog, OtherLog } from "../gateway/index.ts";
import type { BrokerBench } from "./broker-bench.ts";
import type { BrokerCase } from "./broker-case.ts";

const channels = ["chat/a", "chat/b", "chat/c"] as const;

async function knownNow(bench: BrokerBench): Promise<readonly KnownLog[]> {
  return Promise.all(channels.map(async (channel) => ({ channel, position: (await bench.read({ channel })).top })));
}

async function compare(bench: BrokerBench, known: readonly KnownLog[]): Promise<readonly OtherLog[]> {
  return (await bench.broker.compare?.(known)) ?? [];
}

/** About brokers that can look at many logs at once. */
export const compareCases: readonly BrokerCase[] = [
  {
    rule: "BR28",
    title: "a log that ends elsewhere than is known is named by a comparison, whether it is joined or not",
    async run(bench) {
      await bench.open();
      if (bench.broker.compare === undefined) return;
      await bench.broker.join("chat/a");
      await bench.append("m1");
      const before = await knownNow(bench);
      await compare(bench, before);
      const stored = [await bench.append("m2"), await bench.append("m1", { channel: "chat/b" })];
      const others = await compare(bench, before);
      bench
        .expect(
          others
            .map(({ channel }) => channel)
            .toSorted()
            .slice(0, 2),
        )
        .toEqual(["chat/a", "chat/b"]);
      for (const [index, result] of stored.entries()) {
        const top = others.find(({ channel }) => channel === channels[index])?.top;
        // A broker need not say where a log ends; one that does says what is.
        bench
          .expect(top ?? (result.type === "stored" && result.position))
          .toEqual(result.type === "stored" && result.position);
      }
    },
  },
  {
    rule: "BR29",
    title:
      "so is one of another epoch, of another tag, or that ends before what is known; one that is as known is not, once it was read",
    async run(bench) {
      await bench.open();
      if (bench.broker.compare === undefined) return;
      for (const channel of channels) await bench.broker.join(channel);
      await bench.fill(2);
      await bench.append("m1", { channel: "chat/b" });
      const known = await knownNow(bench);
      bench.expect(await compare(bench, known)).toEqual([]);
      bench.expect(await compare(bench, [])).toEqual([]);
      for (const { channel, position } of known) {
        const { offset } = position;
        for (const wrong of [{ epoch: "f".repeat(16) }, { tag: 1 }, { offset: offset + 1 }, { offset: offset + 2 }]) {
          const others = await compare(bench, [{ channel, position: { ...position, ...wrong } }]);
          bench.expect(others.map((other) => other.channel)).toEqual([channel]);
        }
      }
      bench.expect(await compare(bench, known)).toEqual([]);
    },
  },
];
