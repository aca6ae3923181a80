import { BrokerError } from "../../gateway/index.ts";
import type { Durability } from "../../wire/index.ts";
import { readSubjects, type Subjects } from "./subjects.ts";

/** Of a stream's configuration, what the promise depends on. Durations are in nanoseconds. */
export interface StreamConfig {
  readonly subjects?: readonly string[];
  readonly retention?: string;
  readonly storage?: string;
  readonly num_replicas?: number;
  readonly max_bytes?: number;
  readonly max_msgs?: number;
  readonly max_msgs_per_subject?: number;
  readonly max_age?: number;
  readonly discard?: string;
  readonly duplicate_window?: number;
  readonly allow_direct?: boolean;
  readonly deny_purge?: boolean;
  readonly no_ack?: boolean;
  readonly sealed?: boolean;
  /** Since 2.12. */
  readonly persist_mode?: string;
  readonly republish?: { readonly src?: string; readonly dest?: string; readonly headers_only?: boolean };
}

/** What an acknowledgement of a stream is worth, why, and for how long the stream knows an id. */
export interface Measured {
  readonly durability: Durability;
  readonly description: string;
  readonly duplicateWindowMs: number;
}

export interface Examined {
  readonly name: string;
  readonly version: string;
  readonly config: StreamConfig;
}

/**
 * The level of a stream. One replica is `os`: the server has written, and syncs later (`sync_interval`: 2 minutes unless it is configured, and
 * no client can see it), so power loss may take what was acknowledged. Three replicas are `quorum`: two have it. Two are no more than one
 * here: without either of them the stream stands still.
 * See https://docs.nats.io/running-a-nats-service/configuration#jetstream
 */
export function measureStream({ config, name, version }: Examined): Measured {
  const replicaCount = config.num_replicas ?? 1;
  const server = `NATS ${version}: stream "${name}", ${config.storage ?? "file"}, ${replicaCount} replica${replicaCount === 1 ? "" : "s"}`;
  const duplicateWindowMs = (config.duplicate_window ?? 0) / 1e6;
  const level = (durability: Durability, reason: string): Measured => {
    return { durability, description: `${server}: ${reason}`, duplicateWindowMs };
  };
  if (config.storage === "memory") return level("mem", "gone with the memory of its servers");
  if (config.persist_mode === "async") return level("mem", "persist_mode async acknowledges before it writes");
  if (evictsUnderPressure(config)) return level("mem", "its limits may discard what was acknowledged");
  if (replicaCount >= 3) return level("quorum", "acknowledged when most of them have written; each syncs later");
  return level("os", "synced later, so power loss may lose the last sync_interval");
}

/** The subjects of a stream that can carry logs. @throws {BrokerError} for any other. */
export function requireFit({ config, name }: Examined): Subjects {
  const { republish, retention = "limits" } = config;
  const subjects = readSubjects(name, config.subjects ?? []);
  const isLive = republish?.src === subjects?.allLogs && republish?.dest === subjects?.anyLive;
  const faults: readonly (readonly [isFault: boolean, reason: string])[] = [
    [config.sealed === true, "it is sealed"],
    [config.no_ack === true, "it does not acknowledge"],
    [retention !== "limits", `its retention is ${retention}, which deletes what was read`],
    [config.allow_direct !== true, "it does not allow direct gets"],
    [config.deny_purge === true, "it denies purging, which trimming needs"],
    [subjects === undefined, `its subjects are not ${name}.log.<seed>.*`],
    [!isLive || republish?.headers_only === true, `it does not republish as ${name}.live.{{wildcard(1)}}`],
  ];
  const fault = faults.find(([isFault]) => isFault);
  if (fault === undefined && subjects !== undefined) return subjects;
  throw new BrokerError("STORAGE_UNAVAILABLE", `Cannot use the stream "${name}": ${fault?.[1]}`, {
    hint: "Delete it if nothing in it is needed: the broker makes its own",
  });
}

function evictsUnderPressure({
  discard,
  max_bytes = -1,
  max_msgs = -1,
  max_msgs_per_subject = -1,
}: StreamConfig): boolean {
  return max_msgs_per_subject > 0 || (discard !== "new" && (max_bytes > 0 || max_msgs > 0));
}
