/**
 * The conversation every pair has, as a list of checks of a client against the echo service. It runs wherever the client runs, so
 * it knows nothing but the language.
 */
import type { Dialed, Dialer } from "./dialer.ts";

/** What the pair is expected to be able to do; a check it is not able to is left out, and the matrix says so. */
export interface Abilities {
  /** Whether both ends have permessage-deflate switched on: then it must be agreed on, else it must not. */
  readonly deflate: boolean;
  /** Whether the server's interface has a ping. */
  readonly serverPings: boolean;
  /** Whether the server's interface tells what a client closed with. */
  readonly serverTellsClose: boolean;
}

/** How one check ended. */
export interface CheckResult {
  readonly name: string;
  /** What was wrong; absent when it passed. */
  readonly fault?: string;
}

interface Context {
  readonly dialer: Dialer;
  readonly url: string;
  readonly abilities: Abilities;
}

interface Check {
  readonly name: string;
  readonly isPossible?: (abilities: Abilities, dialer: Dialer) => boolean;
  readonly run: (context: Context) => Promise<void>;
}

const protocol = "chat.v2";
const checkTimeoutMs = 20_000;
const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;
const reason = "tschüs, 再见";

const checks: readonly Check[] = [
  echoCheck("text, ASCII", ["hello"]),
  echoCheck("text, not ASCII", ["Grüße, 世界 👋 \u0000 \u{10ffff}"]),
  echoCheck("text, empty", [""]),
  echoCheck("text, 1 MiB", [textOf(mebibyte)]),
  echoCheck("binary", [bytesOf(256)]),
  echoCheck("binary, empty", [new Uint8Array()]),
  echoCheck("binary, 64 KiB - 1", [bytesOf(64 * kibibyte - 1)]),
  echoCheck("binary, 64 KiB", [bytesOf(64 * kibibyte)]),
  echoCheck("binary, 1 MiB", [bytesOf(mebibyte)]),
  echoCheck(
    "200 messages at once",
    [...Array(100).keys()].flatMap((index) => [`message ${index}`, bytesOf(index)]),
  ),
  { name: "subprotocol", run: checkSubprotocol },
  { name: "permessage-deflate", run: checkDeflate },
  { name: "ping of the client", isPossible: (_abilities, { canPing }) => canPing, run: checkClientPing },
  { name: "ping of the server", isPossible: ({ serverPings }) => serverPings, run: checkServerPing },
  { name: "close by the client", run: checkClientClose },
  { name: "close by the server", run: checkServerClose },
];

/** Runs every check the pair is able to, one after the other, to the end; only the first one if that fails. */
export async function runChecks(dialer: Dialer, url: string, abilities: Abilities): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = [];
  for (const { name, isPossible, run } of checks) {
    if (isPossible?.(abilities, dialer) === false) continue;
    try {
      await withinTime(run({ dialer, url, abilities }));
      results.push({ name });
    } catch (error) {
      results.push({ name, fault: error instanceof Error ? error.message : String(error) });
      if (results.length === 1) return results; // not even one word: the rest would wait for nothing
    }
  }
  return results;
}

function echoCheck(name: string, messages: readonly (string | Uint8Array)[]): Check {
  return {
    name,
    run: ({ dialer, url }) =>
      withConnection(dialer, url, async (connection) => {
        for (const message of messages) connection.send(message);
        for (const message of messages) expectSame(await connection.receive(), message);
      }),
  };
}

async function checkSubprotocol({ dialer, url }: Context): Promise<void> {
  const connection = await dialer.open({ url, protocols: ["other.v1", protocol] });
  expectSame(connection.protocol, protocol);
  await hangUp(connection);
}

async function checkDeflate({ dialer, url, abilities }: Context): Promise<void> {
  const connection = await dialer.open({ url, protocols: [] });
  const isAgreed = connection.extensions.startsWith("permessage-deflate");
  if (isAgreed !== abilities.deflate) throw new Error(`agreed on "${connection.extensions}"`);
  await hangUp(connection);
}

function checkClientPing({ dialer, url }: Context): Promise<void> {
  return withConnection(dialer, url, async ({ ping }) => {
    const data = bytesOf(125);
    expectSame(await ping?.(data), data);
  });
}

function checkServerPing({ dialer, url }: Context): Promise<void> {
  return withConnection(dialer, url, async (connection) => {
    connection.send("/ping");
    expectSame(await connection.receive(), "pong interop");
  });
}

async function checkClientClose({ dialer, url, abilities }: Context): Promise<void> {
  const connection = await dialer.open({ url, protocols: [] });
  connection.close(4001, reason);
  expectSame((await connection.closed).code, 4001);
  if (!abilities.serverTellsClose) return;
  await withConnection(dialer, url, async (next) => {
    next.send("/closed 4001");
    expectSame(await next.receive(), `4001 ${reason}`);
  });
}

async function checkServerClose({ dialer, url }: Context): Promise<void> {
  const connection = await dialer.open({ url, protocols: [] });
  connection.send(`/close 4002 ${reason}`);
  const ending = await connection.closed;
  expectSame(`${ending.code} ${ending.reason}`, `4002 ${reason}`);
}

async function withConnection(dialer: Dialer, url: string, use: (connection: Dialed) => Promise<void>): Promise<void> {
  const connection = await dialer.open({ url, protocols: [] });
  try {
    await use(connection);
  } finally {
    await hangUp(connection);
  }
}

async function hangUp(connection: Dialed): Promise<void> {
  connection.close(1000, "");
  await connection.closed;
}

function expectSame(actual: unknown, expected: string | number | Uint8Array): void {
  const isSame =
    expected instanceof Uint8Array
      ? actual instanceof Uint8Array &&
        actual.length === expected.length &&
        actual.every((byte, at) => byte === expected[at])
      : actual === expected;
  if (!isSame) throw new Error(`got ${describe(actual)} instead of ${describe(expected)}`);
}

function describe(value: unknown): string {
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (typeof value === "string" && value.length > 60) return `a text of ${value.length} characters`;
  return JSON.stringify(value) ?? "nothing";
}

/** Bytes that do not compress, the same each time. */
function bytesOf(count: number): Uint8Array {
  let state = 0x2545f491;
  return Uint8Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}

/** A text that does compress, of exactly so many bytes, with characters of one to four bytes across every boundary. */
function textOf(byteCount: number): string {
  const line = "Grüße, 世界 👋! ";
  const lineBytes = new TextEncoder().encode(line).length;
  return line.repeat(Math.floor(byteCount / lineBytes)) + "x".repeat(byteCount % lineBytes);
}

async function withinTime(task: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${checkTimeoutMs / 1000} s`)), checkTimeoutMs);
  });
  try {
    await Promise.race([task, late]);
  } finally {
    clearTimeout(timer);
  }
}
