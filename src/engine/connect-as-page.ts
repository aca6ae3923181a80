import { connectLine, type ConnectOptions } from "./connect.ts";
import type { CompressionOptions } from "./compression.ts";
import type { Line } from "./line.ts";
import { hasBadPort } from "./bad-ports.ts";
import { takeTurn } from "./take-turn.ts";

/** What the classes of browsers connect with; `compression` undefined is the offer that browsers make. */
interface PageOptions extends Omit<ConnectOptions, "compression"> {
  readonly compression?: CompressionOptions | false;
  readonly signal: AbortSignal;
}

/** Connects as a page would: with its origin, the URL's credentials in a header, and one attempt at a time for each host and port. */
export function connectAsPage(
  url: URL,
  { headers, compression = { contextTakeover: true }, ...options }: PageOptions,
): Promise<Line<undefined>> {
  const port = url.port || (url.protocol === "wss:" ? "443" : "80");
  const origin = readLocation()?.origin;
  return takeTurn(`${url.hostname}:${port}`, options.signal, async () => {
    if (hasBadPort(url)) throw new Error(`Cannot connect: port ${url.port} belongs to another protocol`);
    return connectLine(withoutUser(url), {
      ...(origin === undefined ? {} : { origin }),
      ...options,
      ...(compression === false ? {} : { compression }),
      headers: { ...authorization(url), ...headers },
    });
  });
}

/** The page, in a program that has one: a browser's, jsdom's, or its own choice. */
export function readLocation(): { readonly href: string; readonly origin: string } | undefined {
  return (globalThis as { readonly location?: { readonly href: string; readonly origin: string } }).location;
}

/** What there is to connect to: the credentials go into a header. */
function withoutUser(url: URL): URL {
  const bare = new URL(url);
  bare.username = "";
  bare.password = "";
  return bare;
}

/** What a browser sends for `ws://user:password@host` (RFC 7617). */
function authorization({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === "" && password === "") return {};
  return { Authorization: `Basic ${Buffer.from(`${decode(username)}:${decode(password)}`).toString("base64")}` };
}

/** Takes percent-encoding off; a "%" that begins none stays, as the URL parser lets it stand. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
