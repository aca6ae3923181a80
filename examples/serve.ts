/** What every example has around its WebSockets: the page, built by Vite, one HTTP server for both, and a clean end. */
import { createServer, type Server } from "node:http";
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

/** Serves an example on `PORT`, 8080 without one, and prints where it is. */
export async function serve({ title, folder, attach, close }: Example): Promise<void> {
  await build({ root: folder, logLevel: "warn", build: { chunkSizeWarningLimit: 1000 } });
  const server = createServer(sirv(join(folder, "dist")));
  await attach(server);
  server.listen(Number(process.env["PORT"] ?? 8080), "127.0.0.1", () => {
    console.log(`${title} is at http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  });
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.once(signal, () => void Promise.resolve(close()).then(() => process.exit(0)));
  }
}
