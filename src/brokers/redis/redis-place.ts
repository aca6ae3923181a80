/** Who to be, for a server that asks. */
export interface RedisCredentials {
  readonly username?: string;
  readonly password?: string;
}

/** A primary that Sentinels watch. */
export interface RedisSentinelOptions extends RedisCredentials {
  /** What the Sentinels call it, as in `sentinel monitor mymaster ...`. */
  readonly name: string;
  /** Some of the Sentinels, as `["redis://10.0.0.1:26379"]`; they know the others. A password in them is the Sentinels' own. */
  readonly sentinels: readonly string[];
  /** Of the primary. Default 0. */
  readonly database?: number;
  /** Whether the primary and its replicas speak TLS. Default `false`. */
  readonly isTls?: boolean;
}

/** Where the logs are: give one of the three, or none for a Redis on this machine. */
export interface RedisPlaceOptions {
  /** `redis://user:password@host:port/database`, or `rediss:` for TLS. Default `redis://127.0.0.1:6379`. */
  readonly url?: string;
  /** Some members of a Redis Cluster, as `["redis://10.0.0.1:6379"]`; they know the others. User, password and TLS are the same for all. */
  readonly cluster?: readonly string[];
  readonly sentinel?: RedisSentinelOptions;
}

/** What the options mean. */
export type RedisPlace =
  | { readonly type: "server"; readonly url: string; readonly shown: string }
  | { readonly type: "cluster"; readonly urls: readonly string[]; readonly access: Access; readonly shown: string }
  | {
      readonly type: "sentinel";
      readonly name: string;
      readonly sentinels: readonly { readonly host: string; readonly port: number }[];
      readonly sentinelAccess: Access;
      readonly access: Access & { readonly database: number };
      readonly shown: string;
    };

/** How a server is let in at. */
export interface Access extends RedisCredentials {
  readonly isTls: boolean;
}

/** @throws {TypeError} for options that cannot be. */
export function readPlace({ cluster, sentinel, url }: RedisPlaceOptions): RedisPlace {
  const given = Object.entries({ url, cluster, sentinel }).filter(([, value]) => value !== undefined);
  if (given.length > 1) {
    const names = given.map(([name]) => name).join(" and ");
    throw new TypeError(`Cannot use Redis by ${names}: give one of url, cluster and sentinel`);
  }
  if (cluster !== undefined) return readCluster(cluster);
  if (sentinel !== undefined) return readSentinel(sentinel);
  const single = url ?? "redis://127.0.0.1:6379";
  readUrl(single);
  return { type: "server", url: single, shown: `Redis at ${withoutPassword(single)}` };
}

function readCluster(urls: readonly string[]): RedisPlace {
  const [first, ...others] = readUrls("cluster", urls);
  const access = accessOf(first);
  for (const other of others) {
    if (JSON.stringify(accessOf(other)) === JSON.stringify(access)) continue;
    throw new TypeError("Cannot use this cluster: user, password and TLS must be the same in every address");
  }
  const database = [first, ...others].find(({ pathname }) => !/^\/?0?$/u.test(pathname));
  if (database !== undefined) {
    throw new TypeError(`Cannot use database ${database.pathname.slice(1)}: a Redis Cluster has database 0 only`);
  }
  return { type: "cluster", urls, access, shown: `the Redis Cluster at ${urls.map(withoutPassword).join(", ")}` };
}

function readSentinel({
  database = 0,
  isTls = false,
  name,
  password,
  sentinels,
  username,
}: RedisSentinelOptions): RedisPlace {
  if (name === "") throw new TypeError("Cannot use Sentinel without the name that it gives the primary");
  const parsed = readUrls("sentinel.sentinels", sentinels);
  return {
    type: "sentinel",
    name,
    sentinels: parsed.map(({ hostname, port }) => ({ host: hostname, port: port === "" ? 26_379 : Number(port) })),
    sentinelAccess: accessOf(parsed[0]),
    access: { ...credentials(username, password), isTls, database },
    shown: `Redis "${name}" by the Sentinels at ${sentinels.map(withoutPassword).join(", ")}`,
  };
}

function readUrls(option: string, urls: readonly string[]): readonly [URL, ...URL[]] {
  const [first, ...others] = urls.map(readUrl);
  if (first === undefined) throw new TypeError(`Cannot use an empty ${option}: give an address of a server`);
  return [first, ...others];
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "redis:" || url?.protocol === "rediss:") return url;
  throw new TypeError(
    `Cannot use the address "${withoutPassword(text)}": give it as redis://host:port or rediss://host:port`,
  );
}

function accessOf({ password, protocol, username }: URL): Access {
  return {
    ...credentials(decodeURIComponent(username), decodeURIComponent(password)),
    isTls: protocol === "rediss:",
  };
}

function credentials(username = "", password = ""): RedisCredentials {
  return { ...(username === "" ? {} : { username }), ...(password === "" ? {} : { password }) };
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/u, "//***@");
}
