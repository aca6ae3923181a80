import type { BrokerCase } from "./broker-case.ts";

/** Rules about who is told what, and about the ends of a broker's life. */
export const tellCases: readonly BrokerCase[] = [
  {
    rule: "BR30",
    title: "a joined channel is told every entry once, in log order; another channel's are not told",
    async run(bench) {
      await bench.open();
      await bench.broker.join("chat/a");
      await Promise.all(
        Array.from({ length: 400 }, (_, index) =>
          bench.append(`m${index}`, { channel: index % 4 === 0 ? "chat/b" : "chat/a" }),
        ),
      );
      const { entries, top } = await bench.read();
      bench
        .expect(bench.announcements)
        .toEqual(entries.map((entry) => ({ channel: "chat/a", epoch: top.epoch, entry })));
      bench.expect(entries.length).toEqual(300);
    },
  },
  {
    rule: "BR31",
    title: "an entry is announced before its append resolves, and can be read by then",
    async run(bench) {
      await bench.open();
      await bench.broker.join("chat/a");
      const reads: Promise<boolean>[] = [];
      bench.onAppended(({ entry }) => {
        reads.push(
          bench.read({ after: entry.offset - 1, maxCount: 1 }).then(({ entries }) => entries[0]?.tag === entry.tag),
        );
      });
      for (let index = 1; index <= 20; index += 1) {
        await bench.append(`m${index}`);
        bench.expect(bench.announcements.length).toEqual(index);
      }
      bench.expect(await Promise.all(reads)).toEqual(Array.from({ length: 20 }, () => true));
    },
  },
  {
    rule: "BR32",
    title: "after leave nothing is told; joining twice tells once and one leave ends it",
    async run(bench) {
      await bench.open();
      await bench.broker.join("chat/a");
      await bench.broker.join("chat/a");
      await bench.append("a");
      await bench.broker.leave("chat/a");
      await bench.append("b");
      await bench.broker.broadcast("chat/a", "x");
      await bench.read();
      bench.expect([bench.announcements.map(({ entry }) => entry.messageId), bench.broadcasts]).toEqual([["a"], []]);
    },
  },
  {
    rule: "BR33",
    title: "a broadcast reaches this node when it joined the channel, in order, and stores nothing",
    async run(bench) {
      await bench.open();
      await bench.broker.join("chat/a");
      for (const payload of ["one", "two"]) await bench.broker.broadcast("chat/a", payload);
      await bench.broker.broadcast("chat/b", "three");
      bench.expect((await bench.read()).top.offset).toEqual(0);
      bench.expect(bench.broadcasts).toEqual(["chat/a one", "chat/a two"]);
    },
  },
  {
    rule: "BR34",
    title: "close settles every append that was accepted; after it, and before open, every call is refused with CLOSED",
    async run(bench) {
      const early = await bench.codeOf(bench.append("early"));
      await bench.open();
      const appends = Array.from({ length: 100 }, (_, index) => bench.append(`m${index}`));
      const closing = bench.broker.close();
      bench.expect((await Promise.all(appends)).every(({ type }) => type === "stored")).toEqual(true);
      await closing;
      await bench.broker.close();
      const { broker } = bench;
      const calls = [
        bench.append("late"),
        bench.read(),
        broker.join("chat/a"),
        broker.leave("chat/a"),
        broker.broadcast("chat/a", "x"),
      ];
      bench
        .expect([early, ...(await Promise.all(calls.map((call) => bench.codeOf(call))))])
        .toEqual(Array.from({ length: 6 }, () => "CLOSED"));
    },
  },
];
