/** The options of the commands that connect somewhere; their letters are wscat's. */
import { readFileSync } from "node:fs";
import type { ConnectionOptions as TlsOptions } from "node:tls";
import { type Command, Option } from "commander";
import { StartError } from "./start-error.ts";
import { basicAuthorization, collectHeader, collectText, parsePositiveSeconds } from "./target.ts";

/** What commander makes of those that every one has. */
export interface TransportFlags {
  readonly header?: Readonly<Record<string, string>>;
  readonly origin?: string;
  readonly auth?: string;
  readonly http2?: true;
  readonly check: boolean;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly passphrase?: string;
  readonly timeout: number;
}

/** And of those that choose a subprotocol, too. */
export interface ConnectionFlags extends TransportFlags {
  readonly subprotocol?: readonly string[];
}

/** Adds all of them to a command. */
export function addConnectionOptions(command: Command): Command {
  return addTransportOptions(
    command.addOption(
      new Option("-s, --subprotocol <name>", "offer this subprotocol; repeat it").argParser(collectText),
    ),
  );
}

/** Adds those that do not choose a subprotocol. */
export function addTransportOptions(command: Command): Command {
  return command
    .addOption(
      new Option("-H, --header <name: value>", "send this header; repeat it for more").argParser(collectHeader),
    )
    .option("-o, --origin <origin>", "connect as a page of this origin does")
    .option("--auth <user:password>", "send basic authentication")
    .option("--http2", "connect over HTTP/2 (RFC 8441)")
    .option("-n, --no-check", "accept any certificate")
    .option("--ca <file>", "trust this certificate authority, in PEM")
    .option("--cert <file>", "our certificate, in PEM, for servers that ask")
    .option("--key <file>", "the key of --cert, in PEM")
    .addOption(new Option("--passphrase <text>", "opens --key").env("SWITCHBOARD_PASSPHRASE"))
    .addOption(
      new Option("--timeout <seconds>", "how long the handshake may take")
        .default(10_000, "10")
        .argParser(parsePositiveSeconds),
    );
}

/** Headers of the request. */
export function readHeaders({ header = {}, auth }: TransportFlags): Readonly<Record<string, string>> {
  return auth === undefined ? header : { Authorization: basicAuthorization(auth), ...header };
}

/** @throws {StartError} for a file that cannot be read. */
export function readTls({ ca, cert, key, check, passphrase }: TransportFlags): TlsOptions {
  const files = Object.entries({ ca, cert, key }).flatMap(([name, file]) =>
    file === undefined ? [] : [[name, readPem(name, file)] as const],
  );
  return {
    ...Object.fromEntries(files),
    ...(passphrase === undefined ? {} : { passphrase }),
    rejectUnauthorized: check,
  };
}

function readPem(name: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    throw new StartError("TLS", `Cannot read "${file}": ${code}`, { hint: `Give a file in PEM with --${name}`, cause });
  }
}
