import { expect, test } from "vitest";
import { readConnectAnswer, writeExtendedConnect } from "./extended-connect.ts";

test("[HT7] the request is the RFC's, in lower case, without a key", () => {
  expect(
    writeExtendedConnect({
      isSecure: true,
      host: "server.example:8443",
      target: "/chat?x=1",
      protocols: ["a", "b"],
      extensions: "permessage-deflate",
      origin: "https://app.example",
      headers: [["Authorization", "Bearer x"]],
    }),
  ).toEqual([
    [":method", "CONNECT"],
    [":protocol", "websocket"],
    [":scheme", "https"],
    [":authority", "server.example:8443"],
    [":path", "/chat?x=1"],
    ["sec-websocket-version", "13"],
    ["sec-websocket-protocol", "a, b"],
    ["sec-websocket-extensions", "permessage-deflate"],
    ["origin", "https://app.example"],
    ["authorization", "Bearer x"],
  ]);
  expect(writeExtendedConnect({ isSecure: false, host: "h", target: "/" })[2]).toEqual([":scheme", "http"]);
});

const reserved = [
  "Host",
  "Connection",
  "TE",
  "Upgrade",
  "HTTP2-Settings",
  "Sec-WebSocket-Key",
  "Sec-WebSocket-Version",
];
for (const name of [...reserved, "Sec-WebSocket-Protocol", "Content-Length", ":path", "a b"]) {
  test(`[HT7] the caller may not set ${name}`, () => {
    const headers = [[name, "x"]] as const;
    expect(() => writeExtendedConnect({ isSecure: false, host: "h", target: "/", headers })).toThrow(
      expect.objectContaining({ code: "ERR_HEADER" }),
    );
  });
}

test("[HT7] host, target and offers are checked as on HTTP/1.1", () => {
  const usual = { isSecure: false, host: "h", target: "/" };
  for (const [options, code] of [
    [{ host: "a b" }, "ERR_HOST"],
    [{ target: "x" }, "ERR_TARGET"],
    [{ protocols: ["a", "a"] }, "ERR_SUBPROTOCOL"],
    [{ extensions: ";" }, "ERR_EXTENSION"],
  ] as const) {
    expect(() => writeExtendedConnect({ ...usual, ...options })).toThrow(expect.objectContaining({ code }));
  }
});

test("[HT8] an answer to an extended CONNECT is judged by what was offered", () => {
  const headers = [["sec-websocket-extensions", "permessage-deflate"]] as const;
  expect(
    readConnectAnswer({ headers, protocols: [], extensions: "permessage-deflate; client_max_window_bits" }),
  ).toEqual({
    type: "agreement",
    protocol: "",
    extensions: [{ name: "permessage-deflate", params: new Map() }],
  });
  expect(readConnectAnswer({ headers, protocols: [] })).toMatchObject({ type: "fault" });
});
