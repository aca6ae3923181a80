import type { Durability } from "../../wire/index.ts";

/** What a server says of itself: the lines of `INFO` and the answers to `CONFIG GET`, which may be forbidden. */
export interface ServerFacts {
  readonly info: Readonly<Record<string, string>>;
  readonly config: Readonly<Record<string, string>> | undefined;
}

/** What an acknowledgement of this server is worth, and a sentence that says why. */
export interface Measured {
  readonly durability: Durability;
  readonly description: string;
}

/**
 * The level of one server: what survives on the server that answered. If its replicas were promoted by hand, the last writes could be lost
 * at any level; the position's tags show it, and readers are told.
 *
 * `everysec` is `mem`: while an fsync is running Redis answers before it has written (up to 2 s), so kill -9 may lose what was
 * acknowledged. `no` is `os`: it always writes before it answers. See https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/
 */
function measureDurability({ config, info }: ServerFacts): Measured {
  const server = `Redis ${info["redis_version"] ?? "of an unknown version"}`;
  if (config === undefined) {
    return { durability: "mem", description: `${server}: CONFIG GET is forbidden, so nothing is known of its disk` };
  }
  const policy = config["maxmemory-policy"] ?? "noeviction";
  if (policy !== "noeviction" && config["maxmemory"] !== "0") {
    return { durability: "mem", description: `${server}: maxmemory-policy ${policy} may evict what was acknowledged` };
  }
  if (config["appendonly"] !== "yes") {
    return {
      durability: "mem",
      description: `${server}: appendonly no, so a restart loses what came after the last snapshot`,
    };
  }
  const sync = config["appendfsync"] ?? "unknown";
  const found = `${server}: appendonly yes, appendfsync ${sync}`;
  if (sync === "always") {
    const isSkipped = config["no-appendfsync-on-rewrite"] === "yes";
    if (isSkipped) return { durability: "os", description: `${found}, but not while the file is rewritten` };
    return { durability: "fsync", description: found };
  }
  if (sync === "no") return { durability: "os", description: found };
  return { durability: "mem", description: `${found}: kill -9 may lose up to 2 s` };
}

/** All servers that hold logs, and whether one of them may be replaced by a replica without anybody's asking. */
export interface DeploymentFacts {
  readonly servers: readonly [ServerFacts, ...ServerFacts[]];
  /** What it is called, if it is more than one server. */
  readonly name: string | undefined;
  readonly failsOver: boolean;
}

const levels: readonly Durability[] = ["mem", "os", "fsync", "quorum"];

/**
 * The level of all together: that of the weakest. With a failover it is `mem`: replicas follow without being waited for, so kill -9 of a
 * primary, which the levels above promise to survive, may lose what it acknowledged last.
 */
export function measureDeployment({ failsOver, name, servers }: DeploymentFacts): Measured {
  const [first, ...others] = servers.map(measureDurability) as [Measured, ...Measured[]];
  let weakest = first;
  for (const other of others) {
    if (levels.indexOf(other.durability) < levels.indexOf(weakest.durability)) weakest = other;
  }
  const description = name === undefined ? weakest.description : `${name}: ${weakest.description}`;
  if (!failsOver) return { ...weakest, description };
  const loss = "replicas are not waited for, so a failover may lose what was acknowledged last, and readers are told";
  return { durability: "mem", description: `${description}; ${loss}` };
}

/** Whether a level is at least another. */
export function isAtLeast(level: Durability, least: Durability): boolean {
  return levels.indexOf(level) >= levels.indexOf(least);
}

/** `INFO`'s lines by name. */
export function readInfo(text: string): Readonly<Record<string, string>> {
  const lines = text.split(/\r?\n/u).filter((line) => line.includes(":") && !line.startsWith("#"));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]));
}
