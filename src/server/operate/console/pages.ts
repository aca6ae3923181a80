import { existsSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { fileURLToPath } from "node:url";
import sirv from "sirv";

/** The built pages, in the package: beside `dist/`. */
const builtPages = fileURLToPath(new URL("../../../../web/dist", import.meta.url));

/** On every answer: the page loads its own files and its own WebSocket, cannot be framed, and cannot make HTML of a text. */
const headers: Readonly<Record<string, string>> = {
  "Content-Security-Policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    // Safari before 15.4 did not count a WebSocket as of the same origin.
    "connect-src 'self' ws: wss:",
    "img-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; "),
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
};

type Pages = (request: IncomingMessage, response: ServerResponse) => boolean;

/** Answers with the console's page and its files, and with no other page of the package. Says false for what is none of them. */
export function consolePages(folder: string = builtPages): Pages {
  const files = existsSync(folder) ? sirv(folder, { etag: true, setHeaders: setCaching }) : undefined;
  return (request, response) => {
    const [path = ""] = (request.url ?? "/").split("?");
    if (path === "/" || path === "/console") return redirect(response);
    if (path !== "/console/" && path !== "/favicon.svg" && !path.startsWith("/assets/")) return false;
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("Allow", "GET, HEAD");
      return answer(response, 405, "Only GET and HEAD are served here\n");
    }
    if (files === undefined) return answer(response, 503, "The console's page is not built: npm run build\n");
    files(request, response, () => void answer(response, 404, "There is no such file\n"));
    return true;
  };
}

/** Vite puts a hash of its content into the name of each asset: what has such a name never changes. */
function setCaching(response: ServerResponse, path: string): void {
  response.setHeader("Cache-Control", path.startsWith("/assets/") ? "public, max-age=31536000, immutable" : "no-cache");
}

function redirect(response: ServerResponse): true {
  response.writeHead(302, { Location: "/console/", "Cache-Control": "no-store" });
  response.end();
  return true;
}

function answer(response: ServerResponse, status: number, body: string): true {
  response.writeHead(status, {
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Length": Buffer.byteLength(body),
  });
  response.end(body);
  return true;
}
