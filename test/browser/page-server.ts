/** A page of one script, beside a gateway, on one port: for what has to be seen in a real browser. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { build } from "esbuild";
import type { Gateway } from "../../src/server/index.ts";

export interface PageServer {
  /** Where the page is. Its gateway is at `/ws`. */
  readonly url: string;
  close(): Promise<void>;
}

/** @param script - the page's program, a file beside this one's `pages/`; it is bundled as a page's tools would. */
export async function servePage(
  script: string,
  gateway: Pick<Gateway<never>, "attach" | "close">,
  alias: Readonly<Record<string, string>> = {},
): Promise<PageServer> {
  const { outputFiles } = await build({
    entryPoints: [new URL(`./pages/${script}`, import.meta.url).pathname],
    bundle: true,
    format: "iife",
    platform: "browser",
    target: "es2023",
    write: false,
    alias: { ...alias },
    define: { "process.env.NODE_ENV": '"development"' },
  });
  const code = outputFiles[0]?.text ?? "";
  const http = createServer((request, response) => {
    const isScript = request.url === "/page.js";
    response.setHeader("Content-Type", isScript ? "text/javascript" : "text/html");
    response.end(isScript ? code : '<!doctype html><title>page</title><main></main><script src="/page.js"></script>');
  });
  await gateway.attach(http, { path: "/ws" });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/`,
    close: async () => {
      await gateway.close({ graceMs: 1 });
      http.closeAllConnections();
      http.close();
    },
  };
}
