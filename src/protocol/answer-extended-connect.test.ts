import { expect, test } from "vitest";
import { acceptConnect, refuseConnect } from "./answer-extended-connect.ts";

test("[HT6] the 200 has the subprotocol, the extensions and the application's headers", () => {
  const extensions = "permessage-deflate";
  expect(acceptConnect({ offered: ["a"], protocol: "a", extensions, headers: [["x-a", "1"]] })).toEqual([
    ["sec-websocket-protocol", "a"],
    ["sec-websocket-extensions", extensions],
    ["x-a", "1"],
  ]);
  expect(acceptConnect({ offered: [], protocol: undefined, headers: [] })).toEqual([]);
});

test("[HT6] what may not be sent throws", () => {
  expect(() => acceptConnect({ offered: [], protocol: "a", headers: [] })).toThrow(/did not offer/);
  expect(() => acceptConnect({ offered: [], protocol: undefined, headers: [["Connection", "close"]] })).toThrow(
    /Connection/,
  );
  expect(() => refuseConnect({ type: "refusal", status: 200, reason: "", headers: [] })).toThrow(/200/);
  expect(() => refuseConnect({ type: "refusal", status: 400.5, reason: "", headers: [] })).toThrow(/400\.5/);
  expect(() => refuseConnect({ type: "refusal", status: 600, reason: "", headers: [["x", "a\nb"]] })).toThrow(/600/);
  expect(() => refuseConnect({ type: "refusal", status: 400, reason: "", headers: [["x", "a\nb"]] })).toThrow(/x/);
});

test("[HT6] a refusal is plain text unless it says otherwise", () => {
  expect(refuseConnect({ type: "refusal", status: 403, reason: "No", headers: [] })).toEqual({
    headers: [["content-type", "text/plain; charset=utf-8"]],
    body: "No\n",
  });
  expect(
    refuseConnect({ type: "refusal", status: 403, reason: "{}", headers: [["Content-Type", "application/json"]] }),
  ).toMatchObject({ headers: [["Content-Type", "application/json"]] });
});
