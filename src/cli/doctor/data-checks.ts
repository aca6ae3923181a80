/** What the folder of a database is worth: where it is, and what a sync costs there. */
import { closeSync, existsSync, fdatasyncSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { sqliteBroker } from "../../server/index.ts";
import { type DoctorFinding, findingsOf } from "./finding.ts";
import { checkStore } from "./store-checks.ts";

/** `statfs(2)`: what file systems are called, and what those are that are not a disk of this machine. */
const fileSystems: Readonly<Record<number, readonly [name: string, kind: "disk" | "memory" | "network" | "layer"]>> = {
  0xef53: ["ext4", "disk"],
  0x5846_5342: ["XFS", "disk"],
  0x9123_683e: ["Btrfs", "disk"],
  0x2fc1_2fc1: ["ZFS", "disk"],
  0x0102_1994: ["tmpfs", "memory"],
  0x8584_58f6: ["ramfs", "memory"],
  0x6969: ["NFS", "network"],
  0xfe53_4d42: ["SMB", "network"],
  0xff53_4d42: ["CIFS", "network"],
  0x0102_1997: ["9p", "network"],
  0x00c3_6400: ["Ceph", "network"],
  0x6573_5546: ["FUSE", "network"],
  0x794c_7630: ["overlayfs", "layer"],
};

export async function checkData(folder: string): Promise<readonly DoctorFinding[]> {
  const place = firstThatIsThere(resolve(folder));
  let scratch: string;
  try {
    scratch = mkdtempSync(join(place, ".switchboard-doctor-"));
  } catch (cause) {
    const reason = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    const means = "A gateway cannot keep its messages there";
    return [findingsOf("store").error(`Cannot write to ${place}: ${reason}`, means, "Give another folder with --data")];
  }
  try {
    const file = join(scratch, "trial.db");
    return [
      checkFileSystem(statfsSync(scratch).type, place),
      checkSync(measureSyncs(join(scratch, "sync"))),
      ...(await checkStore(sqliteBroker({ file }), { name: "SQLite", forget: `, in ${file}` })),
    ];
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The folder, or the nearest one above it that exists: there it would be made. */
function firstThatIsThere(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : firstThatIsThere(dirname(folder));
}

/** @param type - as `statfs` has it. */
export function checkFileSystem(type: number, place: string): DoctorFinding {
  const { ok, warning } = findingsOf("file-system");
  const [name, kind] = fileSystems[type] ?? [`kind 0x${type.toString(16)}`, "disk"];
  switch (kind) {
    case "memory":
      return warning(
        `${place} is in memory (${name})`,
        "Its messages are gone when the machine restarts, whatever was acknowledged",
        "Give a folder on a disk with --data",
      );
    case "network":
      return warning(
        `${place} is ${name}, which is not a disk of this machine`,
        "Locks and syncs of SQLite may not hold there: a database can break",
        "Give a folder on a local disk with --data, or share a store: --broker redis: or nats:",
      );
    case "layer":
      return warning(
        `${place} is in a container's own layer (${name})`,
        "Its messages are gone with the container",
        "Mount a volume, and give it with --data",
      );
    case "disk":
      return ok(`${place} is on a disk (${name})`, "Its messages outlive this process and this machine's restart");
    default:
      return kind satisfies never;
  }
}

/** How long each of 16 syncs of 4 KiB took, in milliseconds. */
function measureSyncs(file: string): readonly number[] {
  const page = new Uint8Array(4096);
  const descriptor = openSync(file, "w");
  try {
    return Array.from({ length: 16 }, (_, index) => {
      writeSync(descriptor, page, 0, page.length, index * page.length);
      const startedMs = performance.now();
      fdatasyncSync(descriptor);
      return performance.now() - startedMs;
    });
  } finally {
    closeSync(descriptor);
  }
}

export function checkSync(timesMs: readonly number[]): DoctorFinding {
  const { note, ok, warning } = findingsOf("sync");
  const sorted = timesMs.toSorted((a, b) => a - b);
  const medianMs = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const found = `A sync takes ${medianMs.toFixed(2)} ms, at most ${(sorted.at(-1) ?? 0).toFixed(2)} ms`;
  if (medianMs > 20) {
    return warning(
      found,
      "Each acknowledgement waits for one: publishers wait that long, though many share it",
      "Use a disk with a write cache that survives power loss (most NVMe disks of servers)",
    );
  }
  if (medianMs < 0.02) {
    return note(
      found,
      "No disk is so fast: it is a cache, or memory, that answers",
      "Find out whether it survives power loss, before you promise so",
    );
  }
  return ok(found, "Each acknowledgement waits for one, and many share it");
}
