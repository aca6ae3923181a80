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
 * The level of a single Redis: what survives on the server that answered. A failover to a replica can lose the last writes at any
 * level; the position's tags show it, and readers are told.
 *
 * `everysec` is `mem`: while an fsync is running Redis answers before it has written (up to 2 s), so kill -9 may lose what was
 * acknowledged. `no` is `os`: it always writes before it answers. See https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/
 */
export function measureDurability({ config, info }: ServerFacts): Measured {
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

/** `INFO`'s lines by name. */
export function readInfo(text: string): Readonly<Record<string, string>> {
  const lines = text.split(/\r?\n/u).filter((line) => line.includes(":") && !line.startsWith("#"));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]));
}
