/** What every example has around its WebSockets: the page, built by Vite, one HTTP server for both, and a clean end. */
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import sirv from "sirv";
import { build } from "vite";

export interface Example {
  readonly title: string;
  /** Where the page is: `import.meta.dirname`. */
  readonly folder: string;
  /** Puts the WebSockets on the server. */
  attach(server: Server): void | Promise<void>;
  /** Ends them, on Ctrl-C. */
  close(): void | Promise<void>;
}

/** With the files `TLS_CERT` and `TLS_KEY`, in PEM, an example is at `https:` and `wss:`. */
export const isSecure: boolean = process.env["TLS_CERT"] !== undefined;

/** Serves an example on `PORT`, 8080 without one, and prints where it is. */
export async function serve({ title, folder, attach, close }: Example): Promise<void> {
  await build({
    root: folder,
    logLevel: "warn",
    build: { chunkSizeWarningLimit: 1000, rolldownOptions: { checks: { pluginTimings: false } } },
  });
  const page = sirv(join(folder, "dist"));
  const server = isSecure ? createSecureServer(readCertificate(), page) : createServer(page);
  await attach(server);
  server.listen(Number(process.env["PORT"] ?? 8080), "127.0.0.1", () => {
    const { port } = server.address() as AddressInfo;
    console.log(`${title} is at ${isSecure ? "https" : "http"}://127.0.0.1:${port}/`);
  });
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.once(signal, () => void Promise.resolve(close()).then(() => process.exit(0)));
  }
}

function readCertificate(): { readonly cert: Buffer; readonly key: Buffer } {
  const read = (name: string): Buffer => readFileSync(process.env[name] ?? "");
  return { cert: read("TLS_CERT"), key: read("TLS_KEY") };
}
