import { ClientError } from "./errors.ts";

/** The ws: or wss: URL of what was given: http: and https: are switched, and a page may leave out its own origin. */
export function resolveUrl(given: string | URL, base: string | undefined): string {
  let url: URL;
  try {
    url = new URL(given, base);
  } catch {
    throw new ClientError("SETUP", `Cannot connect to ${JSON.stringify(String(given))}: it is not a URL`);
  }
  url.protocol = url.protocol.replace(/^http/, "ws");
  // RFC 6455 §3: "Fragment identifiers are meaningless in the context of WebSocket URIs and MUST NOT be used".
  url.hash = "";
  if (url.protocol === "ws:" || url.protocol === "wss:") return url.href;
  throw new ClientError("SETUP", `Cannot connect to ${JSON.stringify(url.href)}: it is neither ws: nor wss:`);
}
