/** What fails in NATS, and what the subscribers of a log on it are told: every loss is a gap, and nothing else is. */
import { expect } from "vitest";
import { Follower, lines, LogNode } from "../../test/gateway/followed-log.ts";
import { NatsProxy } from "../../test/nats-proxy.ts";
import { type DividedCluster, NatsServer, natsTest } from "../../test/nats-server.ts";
import { jetStreamBroker, type JetStreamBrokerOptions } from "../brokers/index.ts";

const keptCount = 5;
const stream = "switchboard";
const api = (name: string): string => `$JS.API.STREAM.${name}.${stream}`;

interface Stage {
  readonly server: NatsServer;
  readonly one: LogNode;
  readonly two: LogNode;
  /** At one node each, and one that is away from `keep` to `expectTold`. */
  readonly stay: readonly [Follower, Follower];
  readonly away: Follower;
  /** A node more: what the others have at hand it has to read. */
  readonly startFresh: () => Promise<LogNode>;
}

interface Stageable {
  readonly servers: readonly [NatsServer, ...NatsServer[]];
  readonly options?: JetStreamBrokerOptions;
  /** Where each node connects to. Default: anywhere. */
  readonly urls?: readonly [string, string];
}

/** Two nodes, a subscriber that stays at each, and one that goes away once all have what is kept. */
async function withStage({ options, servers, urls }: Stageable, body: (stage: Stage) => Promise<void>): Promise<void> {
  const ends: (() => Promise<unknown>)[] = [];
  try {
    const start = async (url: string | readonly string[]): Promise<LogNode> => {
      const broker = jetStreamBroker({ connectTimeoutMs: 20_000, commandTimeoutMs: 3_000, ...options, url });
      const node = await LogNode.start(broker);
      ends.push(() => node.gateway.close({ graceMs: 1 }));
      return node;
    };
    const anywhere = servers.map(({ url }) => url);
    const [one, two] = [await start(urls?.[0] ?? anywhere), await start(urls?.[1] ?? anywhere)];
    const join = async (node: LogNode, device: string): Promise<Follower> => {
      const follower = await Follower.join(node, device);
      ends.push(() => follower.close());
      return follower;
    };
    const stay = [await join(one, "a"), await join(two, "b")] as const;
    const away = await join(two, "c");
    await one.say("kept", keptCount);
    await Promise.all([...stay, away].map((follower) => follower.sees(`kept ${keptCount}`)));
    await body({ server: servers[0], one, two, stay, away, startFresh: () => start(anywhere) });
  } finally {
    for (const end of ends.reverse()) await end();
    await Promise.all(servers.map((server) => server.dispose()));
  }
}

/** A test on one server with one replica. */
function faultTest(name: string, body: (stage: Stage) => Promise<void>, options: JetStreamBrokerOptions = {}): void {
  natsTest(name, async () => {
    await withStage({ servers: [await NatsServer.start()], options }, body);
  });
}

/** Goes on after the fault: the one who was away is back at a node, and everybody hears what is said last. */
async function goOn({ away, one, stay, two }: Stage, text: string, at = one): Promise<void> {
  await away.resume(at);
  await two.say(text, 1);
  await Promise.all([...stay, away].map((follower) => follower.sees(`${text} 1`)));
}

const back = async ({ one, two }: Stage): Promise<void> => {
  for (const { gateway } of [one, two]) {
    await expect.poll(() => gateway.info().status, { timeout: 20_000 }).toBe("ok");
  }
};

const kept = lines("kept", 1, keptCount);

faultTest(
  "[JF1] after kill -9 of a server with one replica nothing is lost, and nobody is told a gap",
  async (stage) => {
    const { away, one, server, stay, two } = stage;
    await away.leave();
    const saying = Promise.all([one.say("one", 30), two.say("two", 30)]);
    await stay[0].sees("one 3");
    await server.kill();
    await server.run();
    await saying;
    await goOn(stage, "last");
    for (const { told } of [...stay, away]) {
      expect(told.map((line) => line.split(": ")[0])).toEqual(Array.from({ length: 66 }, (_, index) => `${index + 1}`));
      expect(new Set(told.map((line) => line.split(": ")[1])).size).toBe(66);
      expect(told).toEqual(stay[0].told);
    }
  },
);

for (const { lostCount, newCount } of [
  { lostCount: 1, newCount: 0 },
  { lostCount: 7, newCount: 0 },
  { lostCount: 7, newCount: 9 },
]) {
  const after = newCount === 0 ? "is told as one gap" : `that is written over by ${newCount} is told as one gap`;
  faultTest(`[JF2] a tail of ${lostCount} that a power loss takes ${after}, there or away`, async (stage) => {
    const { away, one, server, stay, two } = stage;
    server.backUp();
    await one.say("lost", lostCount);
    await Promise.all([...stay, away].map((follower) => follower.sees(`lost ${lostCount}`)));
    await away.leave();
    await server.kill();
    server.restore();
    await server.run();
    await two.say("new", newCount);
    await back(stage);
    await goOn(stage, "last");
    const top = keptCount + newCount;
    const rest = [...lines("new", keptCount + 1, newCount), `${top + 1}: last 1`];
    const expected = [...kept, ...lines("lost", keptCount + 1, lostCount), `gap truncated to ${keptCount}`, ...rest];
    for (const { told } of [...stay, away]) expect(told).toEqual(expected);
  });
}

faultTest("[JF3] a stream that a power loss takes whole is another one: everybody is told", async (stage) => {
  const { away, server, stay } = stage;
  await away.leave();
  await server.kill();
  server.wipe();
  await server.run();
  await back(stage);
  await goOn(stage, "last");
  for (const { told } of [...stay, away]) expect(told).toEqual([...kept, "gap epoch to 0", "1: last 1"]);
});

faultTest("[JF4] so is a stream that somebody deletes under us", async (stage) => {
  const { away, server, stay } = stage;
  await away.leave();
  await server.ask(api("DELETE"));
  await goOn(stage, "last");
  for (const { told } of [...stay, away]) expect(told).toEqual([...kept, "gap epoch to 0", "1: last 1"]);
});

faultTest("[JF5] a log that somebody purges goes on as another one: everybody is told", async (stage) => {
  const { away, server, stay } = stage;
  await away.leave();
  await server.ask(api("PURGE"), { filter: await server.logSubject(stream, "log/a") });
  await goOn(stage, "last");
  for (const { told } of [...stay, away]) {
    expect(told.slice(0, keptCount)).toEqual(kept);
    expect(told.at(-1)).toBe("1: last 1");
    // Who looks between the purge and the next entry is told twice: that it is gone, and that another has begun.
    const gaps = told.slice(keptCount, -1);
    expect(["gap epoch to 0", "gap truncated to 0|gap epoch to 0", "gap truncated to 0"]).toContain(gaps.join("|"));
  }
});

faultTest(
  "[JF6] entries that somebody deletes are told to who did not have them yet, and to nobody else",
  async (stage) => {
    const { away, one, server, startFresh, stay } = stage;
    await away.leave();
    await one.say("more", 6);
    await Promise.all(stay.map((follower) => follower.sees("more 6")));
    for (const seq of [7, 8]) await server.ask(api("MSG.DELETE"), { seq });
    await goOn(stage, "last", await startFresh());
    const all = [...kept, ...lines("more", keptCount + 1, 6), "12: last 1"];
    for (const { told } of stay) expect(told).toEqual(all);
    expect(away.told).toEqual([...all.slice(0, 6), "gap trimmed to 8", ...all.slice(8)]);
  },
);

faultTest(
  "[JF7] a stream at its limit refuses, and loses nothing that was acknowledged; with room it goes on",
  async (stage) => {
    const { away, one, server, stay } = stage;
    await away.leave();
    let count = 0;
    const fill = async (): Promise<never> => {
      for (;;) {
        await one.try(`filling ${count + 1}`);
        count += 1;
      }
    };
    await expect(fill()).rejects.toMatchObject({ code: "STORAGE_FULL" });
    const { config } = await server.ask(api("INFO"));
    await server.ask(api("UPDATE"), { ...config, max_bytes: 1_000_000 });
    await goOn(stage, "last");
    const all = [...kept, ...lines("filling", keptCount + 1, count), `${keptCount + count + 1}: last 1`];
    for (const { told } of [...stay, away]) expect(told).toEqual(all);
    expect(count).toBeGreaterThan(3);
  },
  { maxBytes: 5_000 },
);

faultTest(
  "[JF8] a stream that is made to discard what is old is not used any more after that is noticed, and what it discarded is told",
  async (stage) => {
    const { away, one, server, startFresh, stay } = stage;
    await away.leave();
    const { config } = await server.ask(api("INFO"));
    await server.ask(api("UPDATE"), { ...config, max_msgs: 4, discard: "old" });
    await one.say("more", 6);
    await Promise.all(stay.map((follower) => follower.sees("more 6")));
    await away.resume(await startFresh());
    await away.sees("more 6");
    const all = [...kept, ...lines("more", keptCount + 1, 6)];
    expect(away.told).toEqual([...kept, "gap trimmed to 7", ...all.slice(7)]);
    for (const { told } of stay) expect(told).toEqual(all);
    await server.kill();
    await server.run();
    const reason = expect.stringContaining("which is not the os that was told");
    await expect.poll(() => one.gateway.info(), { timeout: 10_000 }).toMatchObject({ status: "unavailable", reason });
  },
);

natsTest("[JF9] an acknowledgement that is lost on its way costs no second entry, and no answer", async () => {
  const server = await NatsServer.start();
  const line = await NatsProxy.listen(server.port);
  try {
    await withStage({ servers: [server], urls: [line.url, server.url] }, async (stage) => {
      const { away, one, stay } = stage;
      await away.leave();
      let dropCount = 0;
      line.drops = (subject) => subject.startsWith("_INBOX.") && dropCount++ === 0;
      expect(await one.try("lost")).toMatchObject({ duplicate: false, offset: keptCount + 1 });
      expect(dropCount).toBeGreaterThan(1);
      await goOn(stage, "last");
      const all = [...kept, `${keptCount + 1}: lost`, `${keptCount + 2}: last 1`];
      for (const { told } of [...stay, away]) expect(told).toEqual(all);
    });
  } finally {
    await line.close();
  }
});

const replicated = { replicas: 3 };

natsTest(
  "[JF10] without most of the replicas nothing is acknowledged; when they are back nothing is lost, and nobody is told a gap",
  async () => {
    const [first, ...others] = await NatsServer.startCluster(3);
    if (first === undefined) throw new Error("The compiler does not count");
    await withStage({ servers: [first, ...others], options: replicated }, async (stage) => {
      const { away, one, stay } = stage;
      await away.leave();
      await Promise.all(others.map((server) => server.kill()));
      await expect(one.try("meanwhile")).rejects.toMatchObject({ code: "STORAGE_UNAVAILABLE" });
      await Promise.all(others.map((server) => server.run()));
      await one.say("more", 3);
      await goOn(stage, "last");
      const { told } = stay[0];
      expect(told.filter((text) => text.startsWith("gap"))).toEqual([]);
      expect(told.map((text) => Number.parseInt(text, 10))).toEqual(told.map((_, index) => index + 1));
      // What was refused may be stored all the same: once.
      expect([keptCount + 4, keptCount + 5]).toContain(told.length);
      for (const follower of [stay[1], away]) expect(follower.told).toEqual(told);
    });
  },
  120_000,
);

async function lead({ servers }: DividedCluster): Promise<void> {
  for (const first = servers[0]; first !== undefined;) {
    const leader = await first.leaderOf(stream);
    if (leader === first.name) return;
    if (leader !== "") await first.ask(`$JS.API.STREAM.LEADER.STEPDOWN.${stream}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

natsTest(
  "[JF11] a leader that is cut off acknowledges nothing; the others go on, and when it is back all logs are one, without a gap",
  async () => {
    const cluster = await NatsServer.startDivided(3);
    const [first, ...others] = cluster.servers;
    if (first === undefined) throw new Error("The compiler does not count");
    const urls = [first.url, others[0]?.url ?? ""] as const;
    const options = replicated;
    try {
      await withStage({ servers: [first, ...others], options, urls }, async (stage) => {
        const { away, one, stay, two } = stage;
        await away.leave();
        await lead(cluster);
        cluster.cut();
        const lonely = one.try("lonely").catch((error: unknown) => error);
        await two.say("others", 5);
        await stay[1].sees("others 5");
        expect(await lonely).toMatchObject({ code: "STORAGE_UNAVAILABLE" });
        expect(stay[0].told).toEqual(kept);
        cluster.mend();
        await one.say("lonely", 1);
        await goOn(stage, "last");
        for (const { told } of [...stay, away]) {
          expect(told.filter((text) => text.startsWith("gap"))).toEqual([]);
          expect(told.map((text) => Number.parseInt(text, 10))).toEqual(told.map((_, index) => index + 1));
          expect(told.slice(keptCount, keptCount + 5)).toEqual(lines("others", keptCount + 1, 5));
          expect(told).toEqual(stay[0].told);
        }
      });
    } finally {
      await cluster.closeLines();
    }
  },
  120_000,
);
