import { BrokerError } from "../../gateway/index.ts";
import { createEpochSeed } from "../channel-epoch.ts";
import type { Deadline } from "./deadline.ts";
import { type Measured, measureStream, requireFit, type StreamConfig } from "./measure-stream.ts";
import type { NatsLink } from "./nats-link.ts";
import { createStream, readStreamInfo } from "./stream-api.ts";
import { makeSubjects, type Subjects } from "./subjects.ts";

/** The stream that is wanted where there is none. */
export interface WantedStream {
  readonly name: string;
  readonly replicas: number;
  readonly storage: "file" | "memory";
  readonly maxBytes: number;
  readonly dedupWindowMs: number;
}

/** A stream that is there and can carry logs. */
export interface FoundStream {
  readonly subjects: Subjects;
  readonly replicaCount: number;
  readonly storage: string;
  readonly version: string;
  readonly measured: Measured;
}

/** Makes the stream if it is not there, and measures what it is. @throws {BrokerError} for one that cannot carry logs. */
export async function openStream(link: NatsLink, wanted: WantedStream, deadline: Deadline): Promise<FoundStream> {
  const { name } = wanted;
  let config = await readConfig(link, name, deadline);
  if (config === undefined) {
    await create(link, wanted, deadline);
    config = await readConfig(link, name, deadline);
  }
  if (config === undefined) throw new BrokerError("STORAGE_UNAVAILABLE", `Cannot find the stream "${name}"`);
  const { version } = link;
  const { num_replicas: replicaCount = 1, storage = "file" } = config;
  const examined = { name, version, config };
  return { subjects: requireFit(examined), replicaCount, storage, version, measured: measureStream(examined) };
}

async function readConfig(link: NatsLink, name: string, deadline: Deadline): Promise<StreamConfig | undefined> {
  return (await readStreamInfo(link, name, deadline))?.config;
}

async function create(link: NatsLink, wanted: WantedStream, deadline: Deadline): Promise<void> {
  const { dedupWindowMs, maxBytes, name, replicas, storage } = wanted;
  const { allLogs, anyLive } = makeSubjects(name, createEpochSeed());
  await createStream(
    link,
    {
      name,
      subjects: [allLogs],
      retention: "limits",
      storage,
      num_replicas: replicas,
      ...(maxBytes === Infinity ? {} : { max_bytes: maxBytes }),
      // Full is full: what was acknowledged is never evicted for what comes next.
      discard: "new",
      duplicate_window: dedupWindowMs * 2 * 1e6,
      allow_direct: true,
      republish: { src: allLogs, dest: anyLive },
    },
    deadline,
  );
}
