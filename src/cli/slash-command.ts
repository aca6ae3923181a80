/** What a line that begins with a slash asks for: wscat's commands, and those of a gateway's protocol. */
import type { Start } from "../wire/index.ts";

export type SlashCommand =
  | { readonly type: "ping"; readonly data: string }
  | { readonly type: "close"; readonly code: number; readonly reason: string }
  | { readonly type: "help" }
  /** A request of a gateway; its number is the session's to give. */
  | { readonly type: "ask"; readonly request: GatewayRequest }
  /** It cannot be done, and why. */
  | { readonly type: "refused"; readonly reason: string };

/** Data is JSON text. */
export type GatewayRequest =
  | { readonly type: "subscribe"; readonly channel: string; readonly start: Start }
  | { readonly type: "unsubscribe"; readonly channel: string }
  | { readonly type: "publish"; readonly channel: string; readonly event: string; readonly data: string }
  | { readonly type: "history"; readonly channel: string; readonly before: number; readonly count: number };

const plainUsages: Readonly<Record<string, string>> = {
  "/ping": "/ping [data]",
  "/close": "/close [code] [reason]",
  "/help": "/help",
};
const gatewayUsages: Readonly<Record<string, string>> = {
  "/sub": "/sub <channel> [recent]",
  "/unsub": "/unsub <channel>",
  "/pub": "/pub <channel> <event> <json>",
  "/history": "/history <channel> [count]",
};

/** How each command is written. */
export function slashUsages(isGateway: boolean): Readonly<Record<string, string>> {
  return isGateway ? { ...plainUsages, ...gatewayUsages } : plainUsages;
}

/** The commands that a line may become, for readline's completer. */
export function completeSlash(line: string, isGateway: boolean): [string[], string] {
  const names = Object.keys(slashUsages(isGateway));
  const fitting = line.startsWith("/") ? names.filter((name) => name.startsWith(line)) : [];
  return [fitting.map((name) => `${name} `), line];
}

/** Reads a command; undefined for a line that is a message. */
export function readSlashCommand(line: string, isGateway = false): SlashCommand | undefined {
  const [, name, rest = ""] = /^(\/\w*)\s*(.*)$/s.exec(line) ?? [];
  if (name === undefined) return undefined;
  const usage = slashUsages(isGateway)[name];
  if (usage === undefined) {
    const usages = Object.values(slashUsages(isGateway)).join(", ");
    return { type: "refused", reason: `There is no ${name}: ${usages}` };
  }
  switch (name) {
    case "/ping":
      return { type: "ping", data: rest };
    case "/help":
      return { type: "help" };
    case "/close": {
      const [, code = "1000", reason = ""] = /^(\d+)?\s*(.*)$/s.exec(rest) ?? [];
      return { type: "close", code: Number(code), reason };
    }
    default: {
      const request = readRequest(name, rest.trim());
      return request === undefined ? { type: "refused", reason: `Write it as ${usage}` } : { type: "ask", request };
    }
  }
}

function readRequest(name: string, rest: string): GatewayRequest | undefined {
  const [, channel, more = ""] = /^(\S+)\s*(.*)$/s.exec(rest) ?? [];
  if (channel === undefined) return undefined;
  const count = more === "" ? undefined : readCount(more);
  switch (name) {
    case "/sub":
      if (Number.isNaN(count)) return undefined;
      return { type: "subscribe", channel, start: count ? { from: "recent", count } : { from: "live" } };
    case "/unsub":
      return more === "" ? { type: "unsubscribe", channel } : undefined;
    case "/history":
      if (Number.isNaN(count)) return undefined;
      return { type: "history", channel, before: Number.MAX_SAFE_INTEGER, count: count ?? 10 };
    default:
      return readPublish(channel, more);
  }
}

function readCount(text: string): number {
  return /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
}

function readPublish(channel: string, rest: string): GatewayRequest | undefined {
  const [, event, data] = /^(\S+)\s+(.*)$/s.exec(rest) ?? [];
  if (event === undefined || data === undefined) return undefined;
  try {
    JSON.parse(data);
  } catch {
    return undefined;
  }
  return { type: "publish", channel, event, data };
}
