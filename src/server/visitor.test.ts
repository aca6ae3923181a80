import { expect, test } from "vitest";
import type { UpgradeRequest } from "../engine/index.ts";
import { Visitor } from "./visitor.ts";

const request: UpgradeRequest = {
  path: "/live",
  query: new URLSearchParams("room=1&ticket=secret&room=2"),
  host: "chat.example",
  origin: "https://chat.example",
  protocols: ["switchboard.v1+json", "other"],
  headers: {
    host: "chat.example",
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-version": "13",
    cookie: 'session="\u00e4"; theme=dark',
    "set-cookie": ["a=1", "b=2"],
    authorization: "Bearer x",
  },
  remoteAddress: "10.0.0.1",
  isSecure: true,
};

test("[AU29] what hooks are given of the handshake is what came, from the client's address, without ticket and handshake headers", () => {
  const visitor = new Visitor(request, { remoteAddress: "203.0.113.1", ticket: undefined });
  for (let look = 1; look <= 2; look += 1) {
    const { query, ...fields } = visitor.request;
    expect(query).toBeInstanceOf(URLSearchParams);
    expect(query.toString()).toBe("room=1&room=2");
    expect(fields).toEqual({
      path: "/live",
      host: "chat.example",
      origin: "https://chat.example",
      protocols: ["switchboard.v1+json", "other"],
      headers: {
        host: "chat.example",
        cookie: 'session="\u00e4"; theme=dark',
        "set-cookie": ["a=1", "b=2"],
        authorization: "Bearer x",
      },
      remoteAddress: "203.0.113.1",
      isSecure: true,
    });
    query.append("room", "3"); // whoever changes it changes nobody else's
  }
});

test("[AU29] what a handshake does not have is undefined, its origin and address", () => {
  const visitor = new Visitor({ ...request, origin: undefined }, { remoteAddress: undefined, ticket: undefined });
  expect(visitor.request).toHaveProperty("origin", undefined);
  expect(visitor.request).toHaveProperty("remoteAddress", undefined);
  expect(String(request.query)).toContain("ticket=secret");
});
