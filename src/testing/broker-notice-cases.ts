import type { Notice, Notices } from "../gateway/index.ts";
import type { BrokerBench } from "./broker-bench.ts";
import type { BrokerCase } from "./broker-case.ts";
import { startMs } from "./broker-bench.ts";

const notice = (key: string, value = "1", lifeMs = 1_000): Notice => ({ key, value, expiresAtMs: startMs + lifeMs });

async function readSorted(notices: Notices, nowMs: number): Promise<readonly Notice[]> {
  return [...(await notices.read(nowMs))].sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** Opens the broker; nothing if it keeps no notices. */
async function open(bench: BrokerBench): Promise<Notices | undefined> {
  await bench.open();
  return bench.broker.notices;
}

/** Rules about what is kept beside the logs. A broker without notices keeps them all. */
export const noticeCases: readonly BrokerCase[] = [
  {
    rule: "BR36",
    title: "a notice is read as it was posted, one for each key, the newest; logs know nothing of it",
    async run(bench) {
      const notices = await open(bench);
      if (notices === undefined) return;
      bench.expect(await notices.read(startMs)).toEqual([]);
      const strange = { key: "user:'\"ä🙂 /%", value: "", expiresAtMs: Number.MAX_SAFE_INTEGER };
      for (const posted of [notice("a"), strange, notice("a", "2", 5)]) await notices.post(posted, startMs);
      bench.expect(await readSorted(notices, startMs)).toEqual([notice("a", "2", 5), strange]);
      await bench.append("m1");
      bench.expect((await bench.read()).entries.map(({ offset }) => offset)).toEqual([1]);
      bench.expect(await readSorted(notices, startMs)).toEqual([notice("a", "2", 5), strange]);
    },
  },
  {
    rule: "BR37",
    title: "a notice is there until the millisecond it expires, and what has expired is forgotten",
    async run(bench) {
      const notices = await open(bench);
      if (notices === undefined) return;
      for (let index = 0; index < 40; index += 1) await notices.post(notice(`old ${index}`), startMs);
      await notices.post(notice("new", "1", 2_000), startMs);
      bench.expect((await notices.read(startMs + 999)).length).toEqual(41);
      bench.expect(await notices.read(startMs + 1_000)).toEqual([notice("new", "1", 2_000)]);
      for (let index = 0; index < 2; index += 1) await notices.post(notice("other", "1", 2_000), startMs + 1_000);
      // Whoever asks as of an earlier time finds that they are gone.
      bench.expect((await notices.read(startMs)).length).toEqual(2);
    },
  },
  {
    rule: "BR38",
    title: "notices are there when the store is opened again",
    needsPersistence: true,
    async run(bench) {
      const notices = await open(bench);
      if (notices === undefined) return;
      await Promise.all(["a", "b"].map((key) => notices.post(notice(key), startMs)));
      await bench.reopen();
      const again = bench.broker.notices;
      bench.expect(again && (await readSorted(again, startMs))).toEqual([notice("a"), notice("b")]);
    },
  },
  {
    rule: "BR39",
    title:
      "asked since a revision, a broker that can tell gives what was posted after it, and all of it where it does not know the revision",
    async run(bench) {
      const notices = await open(bench);
      if (notices?.readSince === undefined) return;
      const keysSince = async (revision: string | undefined): Promise<readonly [string, readonly string[]]> => {
        const found = await notices.readSince?.(revision, startMs);
        return [found?.revision ?? "", (found?.notices ?? []).map(({ key }) => key).sort()];
      };
      const [empty, none] = await keysSince(undefined);
      bench.expect([none, (await keysSince(empty))[1]]).toEqual([[], []]);
      await Promise.all(["a", "b", "c"].map((key) => notices.post(notice(key), startMs)));
      const [three, all] = await keysSince(empty);
      bench.expect([all, (await keysSince(three))[1]]).toEqual([["a", "b", "c"], []]);
      for (const posted of [notice("a", "2"), notice("d"), notice("gone", "1", 0)]) await notices.post(posted, startMs);
      const [newest, since] = await keysSince(three);
      // What was there already may be told again, what is new must be; what has expired is none.
      bench.expect(since.filter((key) => key === "a" || key === "d" || key === "gone")).toEqual(["a", "d"]);
      bench.expect((await keysSince("of another store"))[1]).toEqual(["a", "b", "c", "d"]);
      bench.expect(newest === three).toEqual(false);
    },
  },
  {
    rule: "BR34",
    title: "a broker that is closed takes and tells no notice",
    async run(bench) {
      const notices = await open(bench);
      if (notices === undefined) return;
      await bench.broker.close();
      bench.expect(await bench.codeOf(notices.post(notice("a"), startMs))).toEqual("CLOSED");
      bench.expect(await bench.codeOf(notices.read(startMs))).toEqual("CLOSED");
      if (notices.readSince === undefined) return;
      bench.expect(await bench.codeOf(notices.readSince(undefined, startMs))).toEqual("CLOSED");
    },
  },
];
