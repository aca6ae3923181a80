import type { KnownLog, OtherLog } from "../../gateway/index.ts";
import { deriveEpoch } from "../channel-epoch.ts";
import type { RedisLink } from "./redis-link.ts";
import { compareScript } from "./scripts.ts";

export interface CompareOptions {
  readonly link: RedisLink;
  readonly seed: string;
  /** The key of a channel's record. */
  readonly recordOf: (channel: string) => string;
}

/** In one script, for a good third of a millisecond: others want to be served in between. */
const togetherCount = 128;

/** Looks at many logs with few commands. What cannot be told of some is not told of the others either, unless of all: then it throws. */
export async function compareLogs(known: readonly KnownLog[], options: CompareOptions): Promise<readonly OtherLog[]> {
  const { link, recordOf } = options;
  const groups = await link.groupByHolder(known, ({ channel }) => recordOf(channel));
  const parts = groups.flatMap((group) => partsOf(group, togetherCount));
  const compared = await Promise.allSettled(parts.map((part) => compareSome(part, options)));
  const others: OtherLog[] = [];
  let failed: unknown;
  for (const [index, result] of compared.entries()) {
    if (result.status === "fulfilled") others.push(...result.value);
    else {
      failed = result.reason;
      for (const { channel } of parts[index] ?? []) others.push({ channel });
    }
  }
  if (compared.length > 0 && compared.every(({ status }) => status === "rejected")) throw failed;
  return others;
}

async function compareSome(
  known: readonly KnownLog[],
  { link, recordOf, seed }: CompareOptions,
): Promise<readonly OtherLog[]> {
  const records = known.map(({ channel }) => recordOf(channel));
  const values = known.flatMap((log, index) => [records[index] ?? "", textOf(log, seed)]);
  const answer = await link.run(compareScript, { keys: records.slice(0, 1), values }, "compare the logs");
  const others: OtherLog[] = [];
  for (let at = 0; at < answer.length; at += 4) {
    const [index, epoch, offset, tag] = answer.slice(at, at + 4);
    const channel = known[Number(index)]?.channel ?? "";
    if (epoch === "") others.push({ channel });
    else others.push({ channel, top: { epoch: String(epoch), offset: Number(offset), tag: Number(tag) } });
  }
  return others;
}

/** As the script has it. */
function textOf({ channel, position: { epoch, offset, tag } }: KnownLog, seed: string): string {
  return offset === 0 && tag === 0 && epoch === deriveEpoch(seed, channel) ? "" : `${epoch} ${offset} ${tag}`;
}

function partsOf<Item>(items: readonly Item[], mostCount: number): readonly (readonly Item[])[] {
  const count = Math.ceil(items.length / mostCount);
  return Array.from({ length: count }, (_, index) => items.slice(index * mostCount, (index + 1) * mostCount));
}
