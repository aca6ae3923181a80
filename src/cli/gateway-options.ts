/** The options of the commands that speak to a gateway. */
import { randomBytes } from "node:crypto";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { ConnectOptions } from "../engine/index.ts";
import { parseChannelName, textRules } from "../wire/index.ts";
import { addTransportOptions, readHeaders, readTls, type TransportFlags } from "./connection-options.ts";
import { parseTarget } from "./target.ts";

/** What commander makes of them. */
export interface GatewayFlags extends TransportFlags {
  readonly token?: string;
  readonly device?: string;
}

/** Adds them to a command, with those of the connection. */
export function addGatewayOptions(command: Command): Command {
  return addTransportOptions(addIdentityOptions(command));
}

/** Who we are. Secrets may come by variables, for a command line is seen by every user of the machine. */
export function addIdentityOptions(command: Command): Command {
  return addTokenOption(command).addOption(
    new Option("--device <hex>", "which device this is, so a guest stays the same one; default a new one")
      .env("SWITCHBOARD_DEVICE")
      .argParser(parseDevice),
  );
}

export function addTokenOption(command: Command): Command {
  return command.addOption(
    new Option("--token <text>", "what the gateway's authenticate asks for; default a guest").env("SWITCHBOARD_TOKEN"),
  );
}

export function readConnectOptions(flags: TransportFlags): ConnectOptions {
  const { origin, timeout } = flags;
  return {
    headers: readHeaders(flags),
    tls: readTls(flags),
    http2: flags.http2 ?? false,
    handshakeTimeoutMs: timeout,
    ...(origin === undefined ? {} : { origin }),
  };
}

/** Where a gateway is, and by its scheme which way to it: as a client, or over HTTP. */
export interface GatewayUrl {
  readonly url: URL;
  readonly isHttp: boolean;
}

/** @throws {InvalidArgumentError} */
export function parseGatewayUrl(text: string): GatewayUrl {
  const isHttp = /^https?:/i.test(text);
  const url = parseTarget(text);
  if (isHttp) url.protocol = url.protocol.replace("ws", "http");
  return { url, isHttp };
}

/** The one that was given, or a new one. */
export function readDevice({ device }: Pick<GatewayFlags, "device">): string {
  return device ?? randomBytes(16).toString("hex");
}

function parseDevice(text: string): string {
  if (textRules.device.pattern.test(text)) return text;
  throw new InvalidArgumentError("Give 32 of 0-9 a-f, as `openssl rand -hex 16` prints them.");
}

export function parseChannel(text: string): string {
  if (parseChannelName(text) !== undefined) return text;
  throw new InvalidArgumentError("Give the name of a channel, as in chat/42.");
}

export function parseEvent(text: string): string {
  if (textRules.event.pattern.test(text)) return text;
  throw new InvalidArgumentError("Give the name of an event: 1-64 of A-Z a-z 0-9 _ . -");
}

/** A parser of whole numbers within a range. */
export function parseWhole(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Give a whole number from ${min} to ${max}.`);
  };
}

/** Checks that it is JSON, and keeps it as it was written: numbers may be longer than ours. */
export function parseData(text: string): string {
  try {
    JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InvalidArgumentError(`Give JSON, as in '{"text":"hi"}': ${reason}`);
  }
  // A line feed ends a message on the wire, and stands between the values of JSON only.
  return text.replaceAll(/[\r\n]+/g, " ");
}
