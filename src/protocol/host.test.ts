import fc from "fast-check";
import { expect, test } from "vitest";
import { isSameOrigin, parseHost } from "./host.ts";

test("[HS6] a host is a name or an address, and perhaps a port", () => {
  expect(parseHost("Example.COM")).toEqual({ name: "example.com", port: undefined });
  expect(parseHost("localhost:8080")).toEqual({ name: "localhost", port: 8080 });
  expect(parseHost("127.0.0.1:0")).toEqual({ name: "127.0.0.1", port: 0 });
  expect(parseHost("[2001:DB8::1]:65535")).toEqual({ name: "[2001:db8::1]", port: 65_535 });
  expect(parseHost("xn--bcher-kva.example")).toEqual({ name: "xn--bcher-kva.example", port: undefined });
});

test("[HS6] anything more or less is no host", () => {
  const faults = [
    "",
    ":80",
    "a:",
    "a:65536",
    "a:123456",
    "a:8a",
    "a b",
    "a,b",
    "a/b",
    "a@b",
    "a?b",
    "a#b",
    "a\\b",
    "::1",
    "[::1",
    "[]",
  ];
  for (const text of [...faults, "[::1]x", "[g::1]", "a:1:2", "http://a", "ä", "a\r\nb", "a\0", " a", "a "]) {
    expect(parseHost(text), text).toBeUndefined();
  }
});

test("[HS11] a page of the same scheme, name and port has the same origin", () => {
  expect(isSameOrigin("http://example.com", "example.com", false)).toBe(true);
  expect(isSameOrigin("https://example.com", "example.com", true)).toBe(true);
  expect(isSameOrigin("http://localhost:8080", "localhost:8080", false)).toBe(true);
  expect(isSameOrigin("https://[::1]:8443", "[::1]:8443", true)).toBe(true);
});

test("[HS11] a Host in capitals or with the default port is the same host", () => {
  expect(isSameOrigin("http://example.com", "EXAMPLE.com:80", false)).toBe(true);
  expect(isSameOrigin("https://example.com", "example.com:443", true)).toBe(true);
  expect(isSameOrigin("http://example.com:443", "example.com:443", false)).toBe(true);
  expect(isSameOrigin("https://example.com:80", "example.com:80", true)).toBe(true);
});

test("[HS11] no trick with an origin makes it the same (CWE-1385, Gitpod GHSA-f53g-frr2-jhpf)", () => {
  const others = [
    "null",
    "",
    "https://example.com", // another scheme
    "http://example.com:8080", // another port
    "http://example.com:80", // not how a browser writes it
    "http://example.com.", // another name
    "http://example.com.evil.example",
    "http://evil-example.com",
    "http://evilexample.com",
    "http://sub.example.com",
    "http://example.co",
    "http://example.com@evil.example",
    "http://user@example.com",
    "http://evil.example/example.com",
    "http://example.com/",
    "http://example.com/path",
    "http://example.com?",
    "http://example.com#",
    "HTTP://EXAMPLE.COM", // a browser writes lower case
    "http://Example.com",
    "http://xn--example-6q4e.com", // punycode look-alike
    "http://ex\u0430mple.com", // Cyrillic
    "example.com",
    "//example.com",
    "file://",
    "http://example.com, http://evil.example",
    "http://example.com http://evil.example",
    "http://example.com\0",
    " http://example.com",
  ];
  for (const origin of others) expect(isSameOrigin(origin, "example.com", false), origin).toBe(false);
});

test("[HS11] a malformed Host is the same as nothing", () => {
  expect(isSameOrigin("http://", "", false)).toBe(false);
  expect(isSameOrigin("http://a b", "a b", false)).toBe(false);
});

test("[HS11] of two URLs, as a browser reads them, the same are those with the same origin", () => {
  const url = fc
    .tuple(
      fc.constantFrom("http", "https"),
      fc.constantFrom("a.example", "b.example"),
      fc.constantFrom("", ":80", ":443", ":1"),
    )
    .map(([scheme, name, port]) => new URL(`${scheme}://${name}${port}`));
  fc.assert(
    fc.property(url, url, (page, server) => {
      expect(isSameOrigin(page.origin, server.host, server.protocol === "https:")).toBe(page.origin === server.origin);
    }),
  );
});
