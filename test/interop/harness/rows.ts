/** Which pairs the matrix has. */
import type { Abilities } from "../checks/checks.ts";
import type { Transport } from "../programs/arguments.ts";
import type { PartName } from "./parts.ts";
import type { ProxyPlan } from "./proxies.ts";

/** Where a program of ours runs, and the engine with it. */
export type Host = "node" | "node22" | "node24" | "node26" | "bun" | "deno";

export type ServerKind = "engine" | "ws" | "bun" | "deno" | "websockets" | "hypercorn";
export type ClientKind = "engine" | "ws" | "web" | "page" | "websockets";

/** One pair, and how they talk. */
export interface Row {
  readonly peer: PartName;
  /** Which end is ours; both with a proxy in the middle, which is the peer then. */
  readonly role: "server" | "client" | "both";
  readonly host: Host;
  readonly transport: string;
  readonly deflate: boolean;
  readonly server: { readonly kind: ServerKind; readonly part: PartName; readonly transport: Transport };
  readonly proxy?: ProxyPlan;
  readonly client: { readonly kind: ClientKind; readonly part: PartName; readonly http2?: boolean };
}

type RowShape = Omit<Row, "deflate">;

const hosts: readonly Host[] = ["node", "node22", "node24", "node26", "bun", "deno"];

const shapes: readonly RowShape[] = [
  ...hosts.flatMap((host) => [ourServer({ peer: "ws", kind: "ws", host }), ourClient("ws", host)]),
  ...(["node22", "node24", "node26", "bun", "deno"] as const).map((peer) => ourServer({ peer, kind: "web" })),
  ourServer({ peer: "websockets", kind: "websockets" }),
  ourServer({ peer: "chromium", kind: "page" }),
  ...(["node", "node22", "node24", "node26"] as const).map((host) =>
    ourServer({ peer: "chromium", kind: "page", host, transport: "tls" }),
  ),
  ...(["bun", "deno", "websockets", "hypercorn"] as const).map((peer) => ourClient(peer, "node")),
  bothEnds({ name: "nginx", front: "h1", back: "h1" }),
  bothEnds({ name: "haproxy", front: "h1", back: "h1" }),
  bothEnds({ name: "haproxy", front: "h1", back: "h2c" }),
  bothEnds({ name: "haproxy", front: "tls", back: "h1" }),
  bothEnds({ name: "haproxy", front: "tls", back: "h2c" }),
  bothEnds({ name: "nghttpx", front: "tls", back: "h1" }),
  { ...ourClient("hypercorn", "node"), transport: "h2c", client: { kind: "engine", part: "node", http2: true } },
  bothEnds({ name: "haproxy", front: "h2c", back: "h1" }),
  bothEnds({ name: "haproxy", front: "h2c", back: "h2c" }),
  bothEnds({ name: "nghttpx", front: "h2c", back: "h1" }),
];

/** Every row, without and with permessage-deflate switched on at both ends. */
export function listRows(): readonly Row[] {
  return shapes.flatMap((shape) => [false, true].map((deflate) => ({ ...shape, deflate })));
}

/** What the two ends of a row can do, as far as it was found out once and is documented. */
export function abilitiesOf({ server, client, deflate }: Row): Abilities {
  const isDenoAlone = server.kind === "deno" || (client.kind === "web" && client.part === "deno"); // deno has no deflate
  return {
    deflate: deflate && !isDenoAlone,
    serverPings: server.kind !== "deno" && server.kind !== "hypercorn",
    serverTellsClose: server.kind !== "hypercorn",
  };
}

/** The parts a row needs. */
export function partsOf({ peer, host, server, client, proxy }: Row): readonly PartName[] {
  return [...new Set([peer, host, server.part, client.part, ...(proxy === undefined ? [] : [proxy.name])])];
}

/** The row as one line, for tests and messages. */
export function titleOf(row: Row): string {
  return [
    row.peer,
    `our ${row.role === "both" ? "both ends" : row.role} on ${row.host}`,
    row.transport,
    `deflate ${row.deflate ? "on" : "off"}`,
  ].join(", ");
}

function ourServer(options: {
  readonly peer: PartName;
  readonly kind: ClientKind;
  readonly host?: Host;
  readonly transport?: Transport;
}): RowShape {
  const { peer, kind, host = "node", transport = "h1" } = options;
  return {
    peer,
    role: "server",
    host,
    transport: transport === "tls" ? "h2 (TLS)" : transport,
    server: { kind: "engine", part: host, transport },
    client: { kind, part: peer },
  };
}

function ourClient(peer: Exclude<ServerKind, "engine">, host: Host): RowShape {
  return {
    peer,
    role: "client",
    host,
    transport: "h1",
    server: { kind: peer, part: peer, transport: "h1" },
    client: { kind: "engine", part: host },
  };
}

/** Over TLS the client is Chromium, which speaks HTTP/2 there; else it is ours. */
function bothEnds(proxy: ProxyPlan): RowShape {
  const { name, front, back } = proxy;
  const isPage = front === "tls";
  return {
    peer: name,
    role: isPage ? "server" : "both",
    host: "node",
    transport: `${isPage ? "h2 (TLS, Chromium)" : front} -> ${back}`,
    server: { kind: "engine", part: "node", transport: back },
    proxy,
    client: isPage
      ? { kind: "page", part: "chromium" }
      : { kind: "engine", part: "node", ...(front === "h2c" ? { http2: true } : {}) },
  };
}
