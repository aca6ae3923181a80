/** What people ask of the built guide, and where the answer is. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeSearch } from "../../web/src/docs/search.ts";

const answers = {
  reconnect: "/docs/troubleshooting#reconnecting-what-a-client-does-by-itself",
  jwt: "/docs/authentication#json-web-tokens",
  "nginx 502": "/docs/troubleshooting#the-handshake-is-refused-403-404-426-502-and-the-others",
  nginx: "/docs/proxies#nginx",
  "1006": "/docs/troubleshooting#close-codes-1006-1013-and-the-others",
  "close code 1013": "/docs/troubleshooting#close-codes-1006-1013-and-the-others",
  backpressure: "/docs/concepts#backpressure",
  createGateway: "/docs/api/switchboard#creategateway",
  "presence count": "/docs/channels#limits-history-and-presence",
  "redis cluster": "/docs/many-nodes#which-store",
  "socket.io rooms": "/docs/from-socket-io#a-chat-room",
  "typing indicator": "/docs/channels#who-types-who-is-here-and-a-page-that-is-loaded-again",
  "how do I edit a message": "/docs/channels#edit-or-delete-a-message",
  "delete message": "/docs/channels#edit-or-delete-a-message",
  express: "/docs/mounting#express-5",
  "rate limit": "/docs/troubleshooting#error-codes-rate_limited-too_big-and-the-others",
  history: "/docs/channels#limits-history-and-presence",
  kubernetes: "/docs/many-nodes#a-node-that-goes",
  "sticky sessions": "/docs/from-socket-io#what-you-give-up",
  cloudflare: "/docs/proxies#cloud-balancers",
  "react hooks": "/docs/react",
  prometheus: "/docs/operating#the-operators-port",
  "fake time": "/docs/testing#time-that-you-turn",
  "exactly once": "/docs/channels#calls-the-server-answers",
  compression: "/docs/streaming#compression",
  jetstream: "/docs/many-nodes#which-store",
  "token refresh": "/docs/authentication#token-refresh-and-what-ends-a-line",
  "graceful shutdown": "/docs/operating#stopping-sigterm-and-a-graceful-shutdown",
  sigterm: "/docs/operating#stopping-sigterm-and-a-graceful-shutdown",
  RATE_LIMITED: "/docs/troubleshooting#error-codes-rate_limited-too_big-and-the-others",
};

test("[GD11] the first place found for what people ask is the one with the answer", () => {
  const search = makeSearch(readFileSync(join(import.meta.dirname, "../../web/dist/docs/search.json"), "utf8"));
  const first = Object.keys(answers).map((query) => [query, search(query)[0]?.id]);
  expect(Object.fromEntries(first)).toEqual(answers);
});
