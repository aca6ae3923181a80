import { setTimeout as delay } from "node:timers/promises";
import type { SeededRandom } from "switchboard/testing";
import type { FaultyLibc } from "../faults/faulty-libc.ts";
import type { KillableServer } from "../kill/killable-server.ts";
import type { RecordEvent } from "../kill/witness.ts";

/** What happens to the server's process; `commit` faults need a faulty C library. */
const kinds = ["kill", "commit", "commit", "pause", "restart", "slow disk"] as const;
type Kind = (typeof kinds)[number];
const moments = ["dieBeforeSync", "dieAfterSync", "dieInWrite"] as const;
/** With traffic, a commit comes at once; without, the process is killed all the same. */
const commitWithinMs = 5_000;

export interface ProcessFault {
  readonly kind: Kind;
  /** Since the one before was over. */
  readonly afterMs: number;
  readonly lastsMs: number;
  readonly moment: (typeof moments)[number];
  /** Of the moment's: the first, the second, … */
  readonly nth: number;
}

/** The next thing that goes wrong. A seed gives the same ones in the same order. */
export function drawProcessFault(
  random: SeededRandom,
  { canBreakCommits }: { readonly canBreakCommits: boolean },
): ProcessFault {
  const kind = random.pick(kinds);
  const fault = {
    afterMs: 200 + random.below(2_500),
    lastsMs: 100 + random.below(2_000),
    moment: random.pick(moments),
    nth: 1 + random.below(5),
  };
  const needsLibc = kind === "commit" || kind === "slow disk";
  if (!needsLibc || canBreakCommits) return { kind, ...fault };
  return { kind: "kill", ...fault };
}

/** Of the chaos: a kill -9, in mid-commit every other time if that can be done. */
export function drawKill(random: SeededRandom, canBreakCommits: boolean): ProcessFault {
  const isMidCommit = random.chance(0.5) && canBreakCommits;
  const [moment, nth] = [random.pick(moments), 1 + random.below(5)];
  return { kind: isMidCommit ? "commit" : "kill", afterMs: 0, lastsMs: 0, moment, nth };
}

export interface Victim {
  readonly server: KillableServer;
  readonly libc: FaultyLibc | undefined;
  readonly record: RecordEvent;
}

/** Carries it out; resolves when the server is up again and nothing is wrong. */
export async function inflict(fault: ProcessFault, { libc, record, server }: Victim): Promise<void> {
  const name = fault.kind === "commit" ? `kill -9 in mid-commit (${fault.moment})` : fault.kind;
  record({ type: "fault", name, phase: "start", survivedBy: "os" });
  switch (fault.kind) {
    case "kill":
      await server.kill();
      await server.startUntilItStands();
      break;
    case "commit":
      libc?.set(fault.moment, fault.nth);
      await Promise.race([server.ended(), delay(commitWithinMs)]);
      await server.kill();
      libc?.heal();
      await server.startUntilItStands();
      break;
    case "pause":
      server.signal("SIGSTOP");
      await delay(fault.lastsMs);
      server.signal("SIGCONT");
      break;
    case "restart":
      await server.stop();
      await server.startUntilItStands();
      break;
    case "slow disk":
      libc?.set("syncDelayMs", 20 * fault.nth);
      await delay(fault.lastsMs);
      libc?.heal();
      break;
    default:
      fault.kind satisfies never;
  }
  record({ type: "fault", name, phase: "stop", survivedBy: "os" });
}
