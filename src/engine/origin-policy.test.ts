import { expect, test } from "vitest";
import { isAllowedOrigin, type OriginPolicy } from "./origin-policy.ts";

const rows: readonly (readonly [
  policy: OriginPolicy,
  origin: string | undefined,
  host: string,
  isSecure: boolean,
  isAllowed: boolean,
])[] = [
  ["same", undefined, "example.com", false, true],
  ["same", "http://example.com", "example.com", false, true],
  ["same", "https://example.com", "example.com", false, true], // behind a proxy that ends TLS
  ["same", "https://example.com", "example.com", true, true],
  ["same", "http://example.com", "example.com", true, false],
  ["same", "http://example.com:8080", "example.com:8080", false, true],
  ["same", "http://example.com:8081", "example.com:8080", false, false],
  ["same", "https://evil.example", "example.com", false, false],
  ["same", "https://example.com.evil.example", "example.com", false, false],
  ["same", "https://user@example.com", "example.com", false, false],
  ["same", "null", "example.com", false, false],
  ["same", "", "example.com", false, false],
  ["any", "null", "example.com", false, true],
  [["https://app.example"], "https://app.example", "example.com", true, true],
  [["https://app.example"], "https://APP.example", "example.com", true, false],
  [["https://app.example"], "https://example.com", "example.com", true, false],
  [["https://app.example"], undefined, "example.com", true, true],
  [[], "https://example.com", "example.com", true, false],
];

for (const [policy, origin, host, isSecure, isAllowed] of rows) {
  const policyName = typeof policy === "string" ? policy : `[${policy.join(", ")}]`;
  test(`[EN5] ${policyName} ${isAllowed ? "allows" : "refuses"} origin ${origin} at ${isSecure ? "wss" : "ws"}://${host}`, () => {
    expect(isAllowedOrigin(policy, { origin, host, isSecure })).toBe(isAllowed);
  });
}
