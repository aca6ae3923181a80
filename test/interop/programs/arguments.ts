import type { Abilities, CheckResult } from "../checks/checks.ts";

/** What a server program is started with, as one argument of JSON. */
export interface ServerArguments {
  readonly transport: Transport;
  readonly deflate: boolean;
  /** Paths of a certificate and its key, for `tls`. */
  readonly certificate: string;
  readonly key: string;
}

/** `tls` speaks HTTP/1.1 and HTTP/2, as the client likes; `h2c` is HTTP/2 without TLS. */
export type Transport = "h1" | "tls" | "h2c";

/** What a client program is started with, as one argument of JSON. */
export interface ClientArguments {
  readonly url: string;
  readonly deflate: boolean;
  readonly http2: boolean;
  readonly abilities: Abilities;
}

/** The argument of this program. */
export function readArguments<Arguments>(): Arguments {
  return JSON.parse(process.argv.at(-1) ?? "") as Arguments; // the matrix wrote it
}

/** Says that the server is listening. The matrix ends the process; it also ends by itself when its parent is gone. */
export function sayPort(port: number): void {
  console.log(JSON.stringify({ port }));
  process.stdin.on("end", () => process.exit()).resume();
}

/** Says what a client's checks came to, and ends. */
export function sayResults(results: readonly CheckResult[]): void {
  process.stdout.write(`${JSON.stringify({ results })}\n`, () => process.exit());
}
