import { expect, test } from "vitest";
import { resolveUrl } from "./resolve-url.ts";

const urls = [
  ["ws://a.example/ws", undefined, "ws://a.example/ws"],
  ["wss://a.example", undefined, "wss://a.example/"],
  ["http://a.example:8080/x?y=1#z", undefined, "ws://a.example:8080/x?y=1"],
  ["https://a.example", undefined, "wss://a.example/"],
  ["/ws", "https://page.example/chat/#top", "wss://page.example/ws"],
  ["ws", "http://page.example/chat/", "ws://page.example/chat/ws"],
] as const;
test.each(urls)("[CC23] %s on %s is %s", (given, base, url) => {
  expect(resolveUrl(given, base)).toBe(url);
  expect(resolveUrl(given, base === undefined ? undefined : String(new URL(base)))).toBe(url);
});

test("[CC23] what is no URL of ours is refused at once", () => {
  expect(() => resolveUrl("/ws", undefined)).toThrow('Cannot connect to "/ws": it is not a URL');
  expect(() => resolveUrl("file:///etc", undefined)).toThrow(
    'Cannot connect to "file:///etc": it is neither ws: nor wss:',
  );
  expect(resolveUrl(new URL("https://a.example"), undefined)).toBe("wss://a.example/");
});
