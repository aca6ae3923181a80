import { expect, test } from "vitest";
import { measureStream, requireFit, type StreamConfig } from "./measure-stream.ts";

const fit: StreamConfig = {
  subjects: ["chat.log.5eed.*"],
  retention: "limits",
  storage: "file",
  num_replicas: 1,
  discard: "new",
  duplicate_window: 1.2e12,
  allow_direct: true,
  republish: { src: "chat.log.5eed.*", dest: "chat.live.{{wildcard(1)}}" },
};

function examined(more: StreamConfig): { name: string; version: string; config: StreamConfig } {
  return { name: "chat", version: "2.9.10", config: { ...fit, ...more } };
}

test.each([
  [{}, "os", "file, 1 replica: synced later, so power loss may lose the last sync_interval"],
  [{ num_replicas: 2 }, "os", "file, 2 replicas: synced later, so power loss may lose the last sync_interval"],
  [{ num_replicas: 3 }, "quorum", "file, 3 replicas: acknowledged when most of them have written; each syncs later"],
  [{ storage: "memory", num_replicas: 3 }, "mem", "memory, 3 replicas: gone with the memory of its servers"],
  [{ persist_mode: "async" }, "mem", "file, 1 replica: persist_mode async acknowledges before it writes"],
  [{ max_msgs_per_subject: 9 }, "mem", "file, 1 replica: its limits may discard what was acknowledged"],
  [{ max_bytes: 9, discard: "old" }, "mem", "file, 1 replica: its limits may discard what was acknowledged"],
  [{ max_msgs: 9, discard: "old" }, "mem", "file, 1 replica: its limits may discard what was acknowledged"],
  [{ max_bytes: 9, max_msgs: 9 }, "os", "file, 1 replica: synced later, so power loss may lose the last sync_interval"],
] as const)("[JB10] the level is measured from the stream: %o is %s", (more, durability, reason) => {
  const description = `NATS 2.9.10: stream "chat", ${reason}`;
  expect(measureStream(examined(more))).toEqual({ durability, description, duplicateWindowMs: 1_200_000 });
});

test.each([
  [{ sealed: true }, "it is sealed"],
  [{ no_ack: true }, "it does not acknowledge"],
  [{ retention: "interest" }, "its retention is interest, which deletes what was read"],
  [{ allow_direct: false }, "it does not allow direct gets"],
  [{ deny_purge: true }, "it denies purging, which trimming needs"],
  [{ subjects: ["chat.>"] }, "its subjects are not chat.log.<seed>.*"],
  [{ subjects: ["chat.log.5eed.*", "more"] }, "its subjects are not chat.log.<seed>.*"],
  [{ subjects: ["other.log.5eed.*"] }, "its subjects are not chat.log.<seed>.*"],
  [
    { republish: { src: ">", dest: "chat.live.{{wildcard(1)}}" } },
    "it does not republish as chat.live.{{wildcard(1)}}",
  ],
  [{ republish: { src: "chat.log.5eed.*", dest: "x" } }, "it does not republish as chat.live.{{wildcard(1)}}"],
  [
    { republish: { src: "chat.log.5eed.*", dest: "chat.live.{{wildcard(1)}}", headers_only: true } },
    "it does not republish as chat.live.{{wildcard(1)}}",
  ],
] as const)("[JB11] a stream that cannot carry a log is refused: %o", (more, reason) => {
  expect(requireFit(examined({})).seed).toBe("5eed");
  expect(() => requireFit(examined(more))).toThrow(`Cannot use the stream "chat": ${reason}`);
});
