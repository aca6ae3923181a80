import { existsSync, readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import sirv from "sirv";

/** The built pages, beside the package's `dist/`. */
export const pagesFolder: string = fileURLToPath(new URL("../../web/dist", import.meta.url));

/**
 * On every answer. The page loads nothing but its own files and its own WebSocket, cannot be framed, and cannot make HTML of a text.
 * `ws:` and `wss:` stand beside 'self' because Safari before 15.4 did not count them as the same origin.
 */
const headers: Readonly<Record<string, string>> = {
  "Content-Security-Policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self' ws: wss:",
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; "),
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
};

export type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Answers with the files of `folder`, as the build has compressed them where the browser takes that, or, when it is not there, with a page
 * that says how to make it. The guide is at `/docs`, and has a page for what is not.
 */
export function servePages(folder: string): RequestListener {
  const files = existsSync(folder)
    ? sirv(folder, { etag: true, brotli: true, gzip: true, setHeaders: setCaching })
    : (_: IncomingMessage, response: ServerResponse) => answer(response, 503, missingPage);
  const missingFile = join(folder, "docs/404.html");
  const missingInGuide = existsSync(missingFile) ? readFileSync(missingFile, "utf8") : undefined;
  return (request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("Allow", "GET, HEAD");
      return answer(response, 405, "Only GET and HEAD are served here\n");
    }
    files(request, response, () => {
      const isInGuide = request.url?.startsWith("/docs/") === true;
      answer(response, 404, (isInGuide ? missingInGuide : undefined) ?? "There is no such page\n");
    });
  };
}

/** The name of each asset has a hash of its content: what has such a name never changes. */
function setCaching(response: ServerResponse, path: string): void {
  const isAsset = path.startsWith("/assets/") || path.startsWith("/docs/assets/");
  response.setHeader("Cache-Control", isAsset ? "public, max-age=31536000, immutable" : "no-cache");
}

function answer(response: ServerResponse, status: number, body: string): void {
  const type = body.startsWith("<") ? "text/html" : "text/plain";
  response.writeHead(status, { "Content-Type": `${type}; charset=utf-8`, "Content-Length": Buffer.byteLength(body) });
  response.end(body);
}

const missingPage = `<!doctype html>
<html lang="en">
<title>Switchboard</title>
<h1>The gateway runs, its pages are not built</h1>
<p>Build them with <code>npm run build</code> in the repository's folder, then start it again.</p>
<p>The WebSocket is at <code>/ws</code>, the health of the gateway at <a href="/healthz">/healthz</a>.</p>
</html>
`;
