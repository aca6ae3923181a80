import { InvalidArgumentError } from "commander";

/** Reads the URL that `inspect` and `connect` are given; without a scheme it is `ws:`, as wscat has it. */
export function parseTarget(text: string): URL {
  const full = /^\w+:\/\//.test(text) ? text : `ws://${text}`;
  if (!URL.canParse(full)) throw new InvalidArgumentError("Give a URL, as in wss://chat.example/ws");
  const url = new URL(full);
  if (url.protocol === "http:") url.protocol = "ws:";
  if (url.protocol === "https:") url.protocol = "wss:";
  if (url.protocol !== "ws:" && url.protocol !== "wss:") throw new InvalidArgumentError("The scheme must be ws or wss");
  if (url.username !== "" || url.password !== "") throw new InvalidArgumentError("Give user and password with --auth");
  if (url.hash !== "") throw new InvalidArgumentError("A WebSocket URL has no fragment");
  return url;
}

/** Adds `Name: value` to the headers before it. */
export function collectHeader(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const [, name, value] = /^([^\s:]+)\s*:\s*(.*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new InvalidArgumentError('Give a name and a value, as in -H "Authorization: Bearer abc"');
  }
  return { ...before, [name]: value };
}

/** Adds a value of an option that may be repeated. */
export function collectText(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

/** A time of an option in seconds, as milliseconds. */
export function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (text.trim() === "" || !Number.isFinite(seconds) || seconds < 0) {
    throw new InvalidArgumentError("Give a number of seconds.");
  }
  return Math.round(seconds * 1000);
}

/** As {@link parseSeconds}, but not 0. */
export function parsePositiveSeconds(text: string): number {
  const ms = parseSeconds(text);
  if (ms === 0) throw new InvalidArgumentError("Give more than 0 seconds.");
  return ms;
}

/** `Authorization` for `user:password` (RFC 7617). */
export function basicAuthorization(credentials: string): string {
  return `Basic ${Buffer.from(credentials).toString("base64")}`;
}
