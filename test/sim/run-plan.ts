import { checkHistory } from "../history/check-history.ts";
import type { Violation } from "../history/violation.ts";
import type { Plan } from "./plan.ts";
import { nameOf, places } from "./sim-channels.ts";
import { Stage } from "./stage.ts";
import type { Trace } from "./trace.ts";
import { World } from "./world.ts";

/** What a run was like. */
export interface Outcome {
  readonly violations: readonly Violation[];
  readonly counts: ReadonlyMap<string, number>;
  /** The same for every run of the plan. */
  readonly digest: string;
  readonly trace: Trace;
}

/** Whoever has not come back, or has not heard of everything, this long after everything was mended never would. */
const patienceMs = 120_000;
const lookEveryMs = 1000;
/** Two looks of a node at its logs. */
const calmMs = 4500;
/** A node looks at its logs every 2 s; it may be frozen or cut off from the store for 8 s each. */
const noticeMs = 20_000;

/** Lets everything happen that a plan has, mends it, waits until nothing is left to come, and judges. */
export async function runPlan(plan: Plan): Promise<Outcome> {
  const world = new World(plan.seed);
  const faults = watchProcess(world);
  const stage = new Stage(world, plan);
  const startMs = world.nowMs;
  for (const step of plan.steps) {
    await world.passUntil(startMs + step.atMs);
    stage.perform(step);
  }
  await world.passUntil(startMs + plan.endMs);
  world.note("! everything is mended");
  stage.heal();
  await comeToRest(stage);
  readLogs(stage);
  faults.stop();
  const { violations } = checkHistory(world.history, { noticeMs });
  for (const event of world.history) world.trace.add(event.atMs, JSON.stringify(event));
  return { violations, counts: world.counts, digest: world.trace.finish(), trace: world.trace };
}

async function comeToRest(stage: Stage): Promise<void> {
  const { people, world } = stage;
  const untilMs = world.nowMs + patienceMs;
  let hasSaidFarewell = false;
  do {
    await world.passUntil(world.nowMs + lookEveryMs);
    stage.heal(); // what was still to break
    for (const person of people) person.openAll();
    if (hasSaidFarewell || !isAtRest(stage)) continue;
    hasSaidFarewell = true;
    people[0]?.sayFarewell();
  } while (!(hasSaidFarewell && isAtRest(stage)) && world.nowMs < untilMs);
  await world.passUntil(world.nowMs + calmMs);
  for (const { app } of people) {
    for (const { name, place, room } of app.readers) {
      const channel = nameOf(place);
      world.record({ type: "quiet", client: name, channel });
      if (room.status === "live") continue;
      const sentence = `It is still ${room.status}, long after everything was mended`;
      world.record({ type: "complaint", client: name, channel, sentence });
    }
  }
}

function isAtRest({ people, store }: Stage): boolean {
  const tops = new Map(places.map((place) => [nameOf(place), store.entries(nameOf(place))]));
  return people.every(
    ({ app }) =>
      app.pendingCount === 0 &&
      app.readers.length === places.length &&
      app.readers.every(({ at, place, room }) => {
        const { entries, epoch } = tops.get(nameOf(place)) ?? { entries: [], epoch: "" };
        const top = entries.at(-1)?.offset ?? at?.offset;
        return room.status === "live" && at?.epoch === epoch && at.offset === top;
      }),
  );
}

function readLogs({ store, world }: Stage): void {
  for (const place of places) {
    const channel = nameOf(place);
    const { entries, epoch } = store.entries(channel);
    for (const { data, messageId, offset, tag, user } of entries) {
      const { hash } = JSON.parse(data) as { readonly hash: string };
      world.record({ type: "stored", channel, epoch, offset, tag, user: user.id, id: messageId, hash });
    }
  }
}

/** An exception that nobody caught is a violation too, and not the end of the simulator. */
function watchProcess(world: World): { readonly stop: () => void } {
  const complain = (error: unknown): void => {
    const sentence = error instanceof Error ? (error.stack ?? error.message) : String(error);
    world.record({ type: "complaint", client: "process", channel: "", sentence });
  };
  process.on("uncaughtException", complain);
  process.on("unhandledRejection", complain);
  return {
    stop() {
      process.off("uncaughtException", complain);
      process.off("unhandledRejection", complain);
    },
  };
}
