import { expect, test } from "vitest";
import { writeProxyConnect } from "./proxy-connect.ts";

test("[CN20] the request for a tunnel names host and port twice, and the credentials where there are some", () => {
  const text = (options: Parameters<typeof writeProxyConnect>[0]): string =>
    Buffer.from(writeProxyConnect(options)).toString("latin1");
  expect(text({ authority: "a.example:80" })).toBe("CONNECT a.example:80 HTTP/1.1\r\nHost: a.example:80\r\n\r\n");
  expect(text({ authority: "[::1]:443", authorization: "Basic eA==" })).toBe(
    "CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\nProxy-Authorization: Basic eA==\r\n\r\n",
  );
});
