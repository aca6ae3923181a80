import { STATUS_CODES } from "node:http";
import { expect, test } from "vitest";
import { broken, findings, refusal, switching, working } from "../../test/broken-servers.ts";
import { acceptValue } from "../engine/index.ts";
import { inspect } from "./inspect.ts";

test("[CM35] 200 and 426: the upgrade did not arrive, and these lines let it through", async () => {
  const page = await inspect(await broken(refusal("200 OK", ["Content-Type: text/html"], "<!doctype html>")));
  expect(page.response).toMatchObject({ status: 200, body: "<!doctype html>" });
  expect(page.findings[0]).toMatchObject({
    code: "not-switched",
    problem: "The server answered 200 OK and not 101: it took the handshake for an ordinary request",
    remedy:
      "A proxy may have taken Upgrade and Connection away, or this path may be a page's: let the proxy pass them on, or correct the path",
  });
  const lost = await inspect(await broken(refusal("426 Upgrade Required", [], "Upgrade Required")));
  expect(lost.findings[0]).toMatchObject({
    code: "upgrade-lost",
    problem: "The server answered 426 Upgrade Required: no upgrade to WebSocket has reached it, though one was sent",
    remedy:
      "A proxy on the way takes Upgrade and Connection away: let it pass them on, and speak HTTP/1.1 to the server",
  });
  for (const {
    findings: [finding],
  } of [page, lost]) {
    expect(finding?.configuration.map(({ program }) => program)).toEqual(["nginx", "HAProxy"]);
    expect(finding?.configuration[0]?.text).toContain(`location /ws {
    proxy_pass http://127.0.0.1:8080;
    proxy_http_version 1.1;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection "upgrade";`);
  }
});

test("[CM35] another version of the protocol", async () => {
  const url = await broken(refusal("426 Upgrade Required", ["Sec-WebSocket-Version: 8"]));
  expect(await findings(url)).toEqual([
    [
      "version",
      "The server answered 426 Upgrade Required: it speaks version 8 of the protocol, and not 13",
      "Update the server: 13 is the version of RFC 6455 (2011), and the only one that browsers speak",
    ],
  ]);
});

test("[CM35] an origin that is not allowed, one that is missing, and a path that is not there", async () => {
  const url = await working({ path: "/ws", origins: ["https://chat.example"] });
  expect(await findings(url, { origin: "https://evil.example" })).toEqual([
    [
      "forbidden-origin",
      "The server answered 403 Forbidden: it does not take connections from pages of https://evil.example",
      "Add https://evil.example to the origins that the server allows; behind a proxy, check that Origin and Host arrive as they were sent",
    ],
  ]);
  const silent = await broken(refusal("403 Forbidden"));
  expect(await findings(silent)).toEqual([
    [
      "forbidden",
      "The server answered 403 Forbidden",
      `It may want an Origin, as browsers send one: give --origin http://${silent.host}; or it wants a cookie or a token: give -H`,
    ],
  ]);
  expect(await findings(new URL("/nowhere", url))).toEqual([
    [
      "not-found",
      "The server answered 404 Not Found: it has no WebSocket at /nowhere",
      "Check the path; behind a proxy, check that this path leads to the WebSocket server and is not rewritten",
    ],
  ]);
});

test("[CM35] credentials that are missing, or not accepted, to the server or to a proxy", async () => {
  const bearer = await broken(refusal("401 Unauthorized", ["WWW-Authenticate: Bearer"]));
  expect(await findings(bearer)).toEqual([
    [
      "unauthorized",
      "The server answered 401 Unauthorized: it wants to know who you are",
      'Give -H "Authorization: ..." or -H "Cookie: ..."; a browser can send a cookie, or a token in the subprotocol or the URL',
    ],
  ]);
  const basic = await broken(refusal("401 Unauthorized", ['WWW-Authenticate: Basic realm="x"']));
  expect((await findings(basic))[0]?.[2]).toBe("Give --auth user:password");
  expect(await findings(bearer, { headers: { Authorization: "Bearer old" } })).toEqual([
    [
      "unauthorized",
      "The server answered 401 Unauthorized: it does not accept the credentials that were sent",
      "Check the credentials and whether they have expired; behind a proxy, check that it hands Authorization on",
    ],
  ]);
  expect(await findings(await broken(refusal("407 Proxy Authentication Required")))).toEqual([
    [
      "proxy-authentication",
      "A proxy answered 407 Proxy Authentication Required: it lets nobody through without a password",
      'Give the proxy its credentials with -H "Proxy-Authorization: Basic ...", or go around it; wss:// passes most proxies',
    ],
  ]);
});

test("[CM35] a redirect says where to, and a login page that one has to log in", async () => {
  const moved = await broken(refusal("301 Moved Permanently", ["Location: https://chat.example/ws"]));
  expect(await findings(moved)).toEqual([
    [
      "redirect",
      "The server answered 301 Moved Permanently and points to wss://chat.example/ws: browsers do not follow a redirect of a WebSocket",
      "Use wss://chat.example/ws in the first place, or leave the redirect out for this path",
    ],
  ]);
  const login = await broken(refusal("302 Found", ["Location: /login"]));
  expect((await findings(login))[0]?.[2]).toBe(
    'It wants you to be logged in: send the session\'s cookie with -H "Cookie: ...", or a token',
  );
  expect((await findings(await broken(refusal("302 Found"))))[0]?.[1]).toBe(
    "The server answered 302 Found without saying where to",
  );
});

test("[CM35] a proxy without its server, a limit, and any other status", async () => {
  expect(await findings(await broken(refusal("502 Bad Gateway")))).toEqual([
    [
      "bad-gateway",
      "A proxy answered 502 Bad Gateway: the WebSocket server behind it does not answer",
      "Start the server behind the proxy, and check the address and port that the proxy has for it",
    ],
  ]);
  expect(await findings(await broken(refusal("429 Too Many Requests", ["Retry-After: 30"])))).toEqual([
    [
      "rate-limited",
      "The server answered 429 Too Many Requests: too many connections or attempts from here",
      "Wait 30 s, and let clients wait longer and longer, with chance in it, before they connect again",
    ],
  ]);
  expect(await findings(await broken(refusal("500 Internal Server Error")))).toEqual([
    ["refused", "The server answered 500 Internal Server Error, not 101", "The server failed: read its log"],
  ]);
});

test.each([
  [303, "redirect", "The server answered 303 See Other without saying where to"],
  [307, "redirect", "The server answered 307 Temporary Redirect without saying where to"],
  [308, "redirect", "The server answered 308 Permanent Redirect without saying where to"],
  [304, "refused", "The server answered 304 Not Modified, not 101"],
  [400, "refused", "The server answered 400 Bad Request, not 101"],
  [410, "not-found", "The server answered 410 Gone: it has no WebSocket at /ws"],
  [503, "bad-gateway", "A proxy answered 503 Service Unavailable: the WebSocket server behind it does not answer"],
  [504, "bad-gateway", "A proxy answered 504 Gateway Timeout: the WebSocket server behind it does not answer"],
  [501, "refused", "The server answered 501 Not Implemented, not 101"],
  [799, "refused", "The server answered 799, not 101"],
])("[CM35] %d alone is %s", async (status, code, problem) => {
  const [found] = await findings(await broken(refusal(`${status} ${STATUS_CODES[status] ?? "Odd"}`)));
  expect(found?.slice(0, 2)).toEqual([code, problem]);
});

test("[CM35] what the body and the headers of an answer add to its status", async () => {
  for (const [status, headers, body, code, says] of [
    ["400 Bad Request", [], "Missing Upgrade header", "upgrade-lost", "400 Bad Request: no upgrade to WebSocket"],
    ["400 Bad Request", [], "Not a WebSocket handshake", "upgrade-lost", "400 Bad Request: no upgrade to WebSocket"],
    ["400 Bad Request", ["Sec-WebSocket-Version: 8, 7"], "", "version", "it speaks version 8, 7 of the protocol"],
    ["400 Bad Request", ["Sec-WebSocket-Version: 13, 8"], "", "refused", "400 Bad Request, not 101"],
    ["403 Forbidden", [], "Origin not allowed", "forbidden-origin", "403 Forbidden"],
  ] as const) {
    const [found] = await findings(await broken(refusal(status, headers, body)));
    expect(found?.[0]).toBe(code);
    expect(found?.[1]).toContain(says);
  }
  const date = "Wed, 25 Nov 2026 07:28:00 GMT";
  const [later] = await findings(await broken(refusal("429 Too Many Requests", [`Retry-After: ${date}`])));
  expect(later?.[2]).toMatch(/^Wait until Wed, 25 Nov 2026 07:28:00 GMT, and let clients wait/);
  const [cookie] = await findings(await broken(refusal("401 Unauthorized")), { headers: { Cookie: "a=b" } });
  expect(cookie?.[1]).toBe("The server answered 401 Unauthorized: it does not accept the credentials that were sent");
});

test("[CM36] a wrong Sec-WebSocket-Accept, and none", async () => {
  let asked = "";
  const wrong = await broken((given) =>
    switching((asked = given)).replace(acceptValue(given), "AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
  );
  const remedy =
    'Compute it in the server as base64(SHA-1(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) from the key of this very request; a cache may have answered instead';
  const [found] = await findings(wrong);
  expect(found).toEqual([
    "wrong-accept",
    `The server answered with Sec-WebSocket-Accept AAAAAAAAAAAAAAAAAAAAAAAAAAA=: for this key it is ${acceptValue(asked)}`,
    remedy,
  ]);
  const none = await broken((given) => switching((asked = given)).replace(/Sec-WebSocket-Accept.*\r\n/, ""));
  const [missing] = await findings(none);
  expect(missing?.[1]).toBe(
    `The server answered 101 without Sec-WebSocket-Accept: for this key it is ${acceptValue(asked)}`,
  );
});

test("[CM36] a 101 without Upgrade", async () => {
  const url = await broken((given) => switching(given).replace("Upgrade: websocket\r\n", ""));
  expect(await findings(url)).toEqual([
    [
      "bad-switch",
      'The server answered 101, but Upgrade is "", not websocket: a browser gives up here',
      "Send Upgrade: websocket and Connection: Upgrade with the 101; a proxy may have taken them away",
    ],
  ]);
});

test("[CM36] a subprotocol that was not offered, and none of those that were", async () => {
  const url = await broken((given) => switching(given, ["Sec-WebSocket-Protocol: chat.v2"]));
  expect(await findings(url)).toEqual([
    [
      "subprotocol-mismatch",
      "The server chose the subprotocol chat.v2, and none was offered",
      "Offer it with -s chat.v2, or let the server choose one of those that were offered, or none",
    ],
  ]);
  expect((await findings(url, { protocols: ["chat.v1"] }))[0]?.[1]).toBe(
    "The server chose the subprotocol chat.v2, and only chat.v1 was offered",
  );
  const unchosen = await inspect(await working(), { protocols: ["chat.v1"], listenMs: 0 });
  expect(unchosen).toMatchObject({
    isOpen: true,
    findings: [
      {
        severity: "warning",
        code: "subprotocol-none",
        problem: "The server chose none of the subprotocols chat.v1: a browser closes such a connection at once",
        remedy: "Let the server choose one of them, or offer none",
      },
    ],
  });
});

test("[CM36] an extension that was not offered, or with other parameters", async () => {
  const remedy =
    "Let the server answer with what the client offers, parameters too (RFC 7692 §7.1), or with no extension";
  for (const extension of ["x-webkit-deflate-frame", "permessage-deflate; client_max_window_bits=99"]) {
    const url = await broken((given) => switching(given, [`Sec-WebSocket-Extensions: ${extension}`]));
    expect(await findings(url)).toEqual([
      ["extension-mismatch", `The server chose the extension ${extension}, which is not what was offered`, remedy],
    ]);
  }
});
