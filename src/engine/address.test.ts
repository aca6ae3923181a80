import { expect, test } from "vitest";
import { isSameServer, readAddress } from "./address.ts";

test("[CN10] the URL of a Unix socket has its path, and behind a colon the target", () => {
  const usual = { isSecure: false, hostname: "localhost", port: 80, host: "localhost" };
  expect(readAddress("ws+unix:/run/app.sock:/chat?x=1")).toEqual({
    ...usual,
    target: "/chat?x=1",
    socketPath: "/run/app.sock",
  });
  expect(readAddress("ws+unix:///run/a%20b.sock")).toEqual({ ...usual, target: "/", socketPath: "/run/a b.sock" });
  expect(readAddress("ws+unix:/run/app.sock:/a:b").target).toBe("/a:b");
});

for (const url of ["ws+unix:", "ws+unix://run/app.sock", "ws+unix::/chat", "ws+unix:/run/app.sock:/#x"]) {
  test(`[CN10] ${url} is refused`, () => {
    expect(() => readAddress(url)).toThrow(TypeError);
  });
}

test("[CN32] a server is the same by scheme, host and socket, whatever the path", () => {
  const address = readAddress("ws://localhost/");
  expect(isSameServer(address, readAddress("ws://localhost/other?x"))).toBe(true);
  for (const other of ["wss://localhost/", "ws://localhost:81/", "ws://other/", "ws+unix:/run/app.sock:/"]) {
    expect(isSameServer(address, readAddress(other))).toBe(false);
  }
});
