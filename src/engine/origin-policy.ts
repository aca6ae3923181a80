import { isSameOrigin } from "../protocol/index.ts";

/**
 * Which pages may open a connection (RFC 6455 §10.2). `"same"`: those of this host. A list: exactly these, written as browsers
 * do (`https://example.com`), and not this host's unless it is in it. `"any"`: all. A request without `Origin` is no page's.
 */
export type OriginPolicy = "same" | "any" | readonly string[];

/** Whether `origin` may connect. */
export function isAllowedOrigin(
  policy: OriginPolicy,
  request: { readonly origin: string | undefined; readonly host: string; readonly isSecure: boolean },
): boolean {
  const { origin, host, isSecure } = request;
  if (policy === "any" || origin === undefined) return true;
  if (policy !== "same") return policy.includes(origin);
  if (isSameOrigin(origin, host, true)) return true;
  // Without TLS of our own a proxy may have ended it, so the page's scheme can be either. With it, `http:` is another origin: one
  // that anybody on the way can write.
  return !isSecure && isSameOrigin(origin, host, false);
}
