/** Attacks on who may come in, as whom, and what they may do then: the rows of our threat list that a gateway answers for. */
import { createHmac, generateKeyPairSync } from "node:crypto";
import { SignJWT } from "jose";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import {
  type Authenticate,
  channel,
  createGateway,
  event,
  type Gateway,
  type GatewayOptions,
  jwtAuthenticator,
  memoryBroker,
} from "../../src/server/index.ts";
import { WireClient } from "../gateway/wire-client.ts";
import { RawPeer, rawHandshake } from "../raw-peer.ts";

const channels = {
  chat: channel("chat/:room", {
    events: { message: event(z.string()) },
    authorize: ({ params, user }) => params.room === "lobby" || members.get(params.room)?.has(user.id) === true,
  }),
};
type TestGateway = Gateway<typeof channels>;
const device = "0123456789abcdef".repeat(2);
const live = { from: "live" } as const;
/** A token is the user's name. */
const byName: Authenticate = ({ token }) => (token === undefined ? undefined : { id: token });

let members: Map<string, Set<string>>;
/** Everything that was logged, as text. */
let logged: string;
const cleanups: (() => unknown)[] = [];

beforeEach(() => {
  members = new Map([["staff", new Set(["ada"])]]);
  logged = "";
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function start(
  options: Partial<GatewayOptions<typeof channels>> = {},
): Promise<{ readonly gateway: TestGateway; readonly url: string; readonly port: number }> {
  const note = (fields: object, message: string): void => {
    logged += `${message} ${JSON.stringify(fields)}\n`;
  };
  const log = { info: note, warn: note, error: note };
  const gateway = createGateway({ channels, broker: memoryBroker(), authenticate: byName, log, ...options });
  cleanups.push(() => gateway.close({ graceMs: 1 }));
  return { gateway, ...(await gateway.listen({ port: 0 })) };
}

async function statusOf(port: number, headers: Readonly<Record<string, string>>): Promise<number> {
  const peer = await RawPeer.connect(port);
  cleanups.push(() => peer.destroy());
  peer.write(rawHandshake({ headers: { "Sec-WebSocket-Protocol": "switchboard.v1+json", ...headers } }));
  return Number((await peer.readHead()).slice(9, 12));
}

describe("a page that is not ours", () => {
  test.each([
    ["another site", "https://evil.example"],
    ["a sandboxed frame", "null"],
    ["our name with more behind it", "http://localhost.evil.example"],
    ["our name with more before it", "http://evillocalhost"],
    ["another port", "http://localhost:81"],
    ["our name as a user", "http://localhost@evil.example"],
    ["a name that looks like ours", "http://xn--lcalhost-55a"],
    ["two origins", "http://localhost, https://evil.example"],
    ["no URL", "localhost"],
  ])("[EN5] CWE-1385: %s is refused before anything of the gateway is told", async (_name, Origin) => {
    const { port } = await start();
    expect(await statusOf(port, { Origin })).toBe(403);
    expect(await statusOf(port, { Origin: "http://localhost" })).toBe(101);
  });
});

describe("who floods", () => {
  test("[AU6] a user has no more connections than one may have, whatever the device", async () => {
    const { url } = await start({ limits: { maxConnectionsPerUser: 2 } });
    const first = await WireClient.join(url, device, "ada");
    await WireClient.join(url, "f".repeat(32), "ada");
    const third = await WireClient.open(url);
    third.send({ type: "auth", device: "e".repeat(32), token: "ada" });
    expect(await third.closed).toMatchObject({ code: 4003, reason: "This user has too many connections" });
    await first.close();
    await WireClient.join(url, device, "ada");
  });

  test("[AU11, AU12] an address has no more connections than one may have, and cannot make up others", async () => {
    const trustedProxies = { addresses: ["127.0.0.1"] };
    const { port } = await start({ trustedProxies, limits: { maxConnectionsPerAddress: 1 } });
    expect(await statusOf(port, { "X-Forwarded-For": "203.0.113.9" })).toBe(101);
    for (const spoof of ["1.1.1.1, 203.0.113.9", "127.0.0.1, 203.0.113.9", "::1,203.0.113.9", "203.0.113.9:1"]) {
      expect(await statusOf(port, { "X-Forwarded-For": spoof })).toBe(429);
    }
    expect(await statusOf(port, { "X-Forwarded-For": "203.0.113.9, evil" })).toBe(400);
    expect(await statusOf(port, { "X-Forwarded-For": "203.0.113.8", Forwarded: "for=203.0.113.9" })).toBe(101);
  });

  test("[AU11] who is no trusted proxy may say what it likes: hooks are told where it really is", async () => {
    const seen: (string | undefined)[] = [];
    const authenticate: Authenticate = ({ request }) => {
      seen.push(request.remoteAddress);
      return { id: "ada" };
    };
    const { url } = await start({ authenticate });
    const client = await WireClient.open(url, { headers: { "X-Forwarded-For": "203.0.113.9" } });
    client.send({ type: "auth", device });
    await client.next("authenticated");
    expect(seen).toEqual(["127.0.0.1"]);
  });

  test("[RL1, RL7] publishing without end is refused softly first, then ends the connection, which may come back", async () => {
    const { url } = await start({ limits: { publishBurstCount: 2, maxOverrunsPerMinute: 1 } });
    const client = await WireClient.join(url, device, "ada");
    const publish = (number: number): number =>
      client.send({ type: "publish", channel: "chat/lobby", event: "message", messageId: `m${number}`, data: "x" });
    for (let number = 0; number < 5; number += 1) publish(number);
    expect(await client.next("error")).toMatchObject({ code: "RATE_LIMITED", retryAfterMs: expect.any(Number) });
    for (let number = 5; number < 99; number += 1) publish(number);
    expect(await client.closed).toMatchObject({ code: 4004 });
  });

  test("[RL2, RL4] names without end are subscribed to no further than the limits", async () => {
    const { gateway, url } = await start({ limits: { maxChannelsPerConnection: 2, requestBurstCount: 5 } });
    members = new Map(Array.from({ length: 99 }, (_, index) => [`r${index}`, new Set(["ada"])]));
    const client = await WireClient.join(url, device, "ada");
    for (let index = 0; index < 9; index += 1) {
      client.send({ type: "subscribe", channel: `chat/r${index}`, start: live });
    }
    const codes = [
      (await client.next("error")).code,
      (await client.next("error", ({ code }) => code !== "LIMIT")).code,
    ];
    expect(codes.toSorted()).toContain("RATE_LIMITED");
    expect(gateway.info().channelCount).toBeLessThanOrEqual(2);
  });
});

describe("who has not said who it is", () => {
  test("[SE2, RL3, SE5] may only do that, in 4 KiB and 5 s", async () => {
    const { url } = await start({ limits: { authTimeoutMs: 1_000 } });
    const client = await WireClient.open(url);
    client.send({ type: "subscribe", channel: "chat/lobby", start: live });
    expect(await client.next("error")).toMatchObject({ code: "UNAUTHENTICATED" });
    client.sendText(JSON.stringify({ type: "auth", id: 9, device, token: "x".repeat(4_096) }));
    expect(await client.next("error")).toMatchObject({ code: "TOO_BIG" });
    expect(await client.closed).toMatchObject({ code: 4000 });
  });

  test("[AU13] a token in a URL is not looked at, a ticket opens one connection, and none of them is logged", async () => {
    const { gateway, url } = await start();
    for (const name of ["token", "access_token", "auth"]) {
      const client = await WireClient.open(`${url}?${name}=ada`);
      client.send({ type: "auth", device });
      expect(await client.closed).toMatchObject({ code: 4500 });
    }
    const ticket = gateway.issueTicket({ user: { id: "ada" } });
    const client = await WireClient.join(`${url}?ticket=${ticket}`, device);
    expect(client.messages).toContainEqual(expect.objectContaining({ type: "authenticated", user: { id: "ada" } }));
    const thief = await WireClient.open(`${url}?ticket=${ticket}`);
    thief.send({ type: "auth", device });
    expect(await thief.closed).toMatchObject({ code: 4500, reason: "The credentials were refused" });
    for (const secret of [ticket, device, "token=ada"]) expect(logged).not.toContain(secret);
    expect(logged).toContain("the ticket was used, is too old, or is none");
  });

  test("[AU13] a ticket that is no good is no guest", async () => {
    const { url } = await start({ authenticate: () => ({ id: "guest" }) });
    const client = await WireClient.open(`${url}?ticket=guess`);
    client.send({ type: "auth", device });
    expect(await client.closed).toMatchObject({ code: 4500 });
  });
});

describe("tokens", () => {
  const [rsa, other] = [
    generateKeyPairSync("rsa", { modulusLength: 2048 }),
    generateKeyPairSync("rsa", { modulusLength: 2048 }),
  ];
  const [issuer, audience] = ["https://a.example", "chat"];
  const pem = rsa.publicKey.export({ format: "pem", type: "spki" }).toString();
  const jwksOf = (key: typeof rsa): { keys: { kty: string }[] } => ({
    keys: [{ ...key.publicKey.export({ format: "jwk" }), kid: "k1" } as unknown as { kty: string }],
  });
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = { iss: issuer, aud: audience, sub: "ada", exp: Math.floor(Date.now() / 1_000) + 600 };
  const sign = (payload: object, key = rsa.privateKey): Promise<string> =>
    new SignJWT({ ...payload }).setProtectedHeader({ alg: "RS256", kid: "k1" }).sign(key);

  async function attempt(authenticate: Authenticate, token: string): Promise<string> {
    const { url } = await start({ authenticate });
    const client = await WireClient.open(url);
    client.send({ type: "auth", device, token });
    const entered = client.next("authenticated").then(
      ({ user }) => user.id,
      () => "refused",
    );
    return Promise.race([entered, client.closed.then(({ code, reason }) => `${code} ${reason}`)]);
  }

  test("[JW3, JW7] CVE-2026-34950, CVE-2026-22817: alg none and a public key as a secret open nothing, and nobody is told why", async () => {
    const authenticate = jwtAuthenticator({ issuer, audience, keys: jwksOf(rsa) });
    const none = `${encode({ alg: "none", kid: "k1" })}.${encode(claims)}.`;
    const input = `${encode({ alg: "HS256", kid: "k1" })}.${encode(claims)}`;
    const confused = `${input}.${createHmac("sha256", pem).update(input).digest("base64url")}`;
    for (const token of [none, confused]) {
      expect(await attempt(authenticate, token)).toBe("4500 The credentials were refused");
    }
    expect(logged).toContain('it is signed with \\"none\\", its key is for RS256');
    expect(logged).toContain('it is signed with \\"HS256\\"');
    expect(logged).not.toContain(none);
    expect(await attempt(authenticate, await sign(claims))).toBe("ada");
  });

  test("[JW4] CVE-2026-49998: a key of one issuer signs nothing of another's, though both call it k1", async () => {
    const authenticate = jwtAuthenticator({ issuer, audience, keys: jwksOf(rsa) });
    const tenant = jwtAuthenticator({ issuer: "https://b.example", audience, keys: jwksOf(other) });
    const stolen = await sign(claims, other.privateKey);
    expect(await attempt(authenticate, stolen)).toContain("4500");
    expect(await attempt(tenant, stolen)).toContain("4500");
    expect(await attempt(tenant, await sign({ ...claims, iss: "https://b.example" }, other.privateKey))).toBe("ada");
  });

  test("[JW5] a token for another service of ours opens nothing here", async () => {
    const authenticate = jwtAuthenticator({ issuer, audience, keys: jwksOf(rsa) });
    expect(await attempt(authenticate, await sign({ ...claims, aud: "billing" }))).toContain("4500");
  });
});

describe("credentials that end", () => {
  test("[AU2, AU3] a token that expires on a live line is warned of, ends it, and gets nothing after", async () => {
    const authenticate: Authenticate = ({ token = "" }) =>
      token === "server" ? { id: token } : { user: { id: token }, expiresAtMs: Date.now() + 1_000 };
    const { gateway, url } = await start({ authenticate });
    const client = await WireClient.join(url, device, "ada");
    client.send({ type: "subscribe", channel: "chat/lobby", start: live });
    await client.next("subscribed");
    await client.next("expiring");
    expect(await client.closed).toMatchObject({ code: 4001 });
    await gateway.publish({ channel: "chat", params: { room: "lobby" }, event: "message", data: "late" });
    expect(client.messages.filter(({ type }) => type === "event")).toEqual([]);
  });

  test("[AU5] a line cannot become another user's by a refresh", async () => {
    const { url } = await start();
    const client = await WireClient.join(url, device, "eve");
    client.send({ type: "refresh", token: "ada" });
    expect(await client.next("error")).toMatchObject({ code: "FORBIDDEN" });
    client.send({ type: "subscribe", channel: "chat/staff", start: live });
    expect(await client.next("error")).toMatchObject({ code: "FORBIDDEN" });
  });

  test("[AU8, AU14] whoever is revoked is out at once, and does not come back", async () => {
    const { gateway, url } = await start();
    const client = await WireClient.join(url, device, "ada");
    const bob = await WireClient.join(url, "f".repeat(32), "bob");
    await gateway.revoke({ userId: "ada" });
    expect(await client.closed).toMatchObject({ code: 4502 });
    const again = await WireClient.open(url);
    again.send({ type: "auth", device, token: "ada" });
    expect(await again.closed).toMatchObject({ code: 4500 });
    bob.send({ type: "subscribe", channel: "chat/lobby", start: live });
    await bob.next("subscribed");
  });

  test("[AU14] a ticket or newer credentials do not bring back what was revoked", async () => {
    const { gateway, url } = await start();
    const ticket = gateway.issueTicket({ user: { id: "ada" }, tokenId: "j1" });
    await gateway.revoke({ tokenId: "j1" });
    const client = await WireClient.open(`${url}?ticket=${ticket}`);
    client.send({ type: "auth", device });
    expect(await client.closed).toMatchObject({ code: 4500 });
  });
});

describe("what one may see", () => {
  test("[AU9, RS2] a resume is authorised anew, and a position is no key: neither one's own nor a stolen one", async () => {
    const { gateway, url } = await start();
    const client = await WireClient.join(url, device, "ada");
    client.send({ type: "subscribe", channel: "chat/staff", start: live });
    const { position } = await client.next("subscribed");
    await client.cut();
    members.get("staff")?.delete("ada");
    await gateway.publish({ channel: "chat", params: { room: "staff" }, event: "message", data: "secret" });
    for (const name of ["ada", "eve"]) {
      const later = await WireClient.join(url, device, name);
      later.send({ type: "resume", channels: [{ channel: "chat/staff", position }] });
      expect((await later.next("resumed")).channels).toMatchObject([{ error: { code: "FORBIDDEN" } }]);
      later.send({ type: "history", channel: "chat/staff", before: 99, count: 9 });
      expect(await later.next("error")).toMatchObject({ code: "NOT_SUBSCRIBED" });
      expect(JSON.stringify(later.messages)).not.toContain("secret");
    }
  });

  test.each([
    "chat/Staff",
    "CHAT/staff",
    "chat/staff/",
    "chat//staff",
    "chat/../chat/staff",
    "chat/./staff",
    "chat/staff/x",
    "chat/:room",
  ])("[CH2, CH4] another spelling of a name is another channel or none: %s", async (name) => {
    const { url } = await start();
    const client = await WireClient.join(url, device, "eve");
    client.send({ type: "subscribe", channel: name, start: live });
    expect((await client.next("error")).code).toMatch(/^(FORBIDDEN|UNKNOWN_CHANNEL|BAD_CHANNEL)$/);
  });

  test.each([
    "chat/*",
    "chat/>",
    "*",
    "chat/{staff}",
    "chat/st\u0430ff",
    "chat/staff\u0000",
    "chat/staff ",
    "chat/%73taff",
    "~x",
  ])("[CH2] a wildcard, a hash tag, a look-alike or an escape is no name: %j", async (name) => {
    const { url } = await start();
    const client = await WireClient.join(url, device, "ada");
    client.sendText(JSON.stringify({ type: "subscribe", id: 9, channel: name, start: live }));
    expect(await client.next("error")).toMatchObject({ code: "BAD_CHANNEL" });
  });

  test("[CH4] a room that is there and one that is not are refused alike", async () => {
    const { gateway, url } = await start();
    await gateway.publish({ channel: "chat", params: { room: "staff" }, event: "message", data: "x" });
    const client = await WireClient.join(url, device, "eve");
    const texts: string[] = [];
    for (const room of ["staff", "never"]) {
      client.send({ type: "subscribe", channel: `chat/${room}`, start: live });
      const { code, message } = await client.next("error");
      texts.push(`${code} ${message.replace(room, "*")}`);
    }
    expect(texts[0]).toBe(texts[1]);
  });

  test("[PB2] whoever publishes under another's message id first takes nothing from them", async () => {
    const { url } = await start();
    const publish = { type: "publish", channel: "chat/lobby", event: "message", messageId: "m1" } as const;
    const eve = await WireClient.join(url, device, "eve");
    eve.send({ ...publish, data: "first" });
    await eve.next("ack");
    const ada = await WireClient.join(url, device, "ada");
    ada.send({ ...publish, data: "mine" });
    expect(await ada.next("ack")).toMatchObject({ duplicate: false });
  });

  test("[RS4, WR7] a position that was made up is told as a gap, or refused; it shows nothing", async () => {
    const { url } = await start();
    const client = await WireClient.join(url, device, "ada");
    client.send({ type: "subscribe", channel: "chat/lobby", start: live });
    const { position } = await client.next("subscribed");
    const forged = { ...position, offset: position.offset + 1_000_000 };
    client.send({ type: "resume", channels: [{ channel: "chat/lobby", position: forged }] });
    await client.next("resumed");
    expect(client.messages.filter(({ type }) => type === "event")).toEqual([]);
    client.sendText(
      JSON.stringify({
        type: "resume",
        id: 9,
        channels: [{ channel: "chat/lobby", position: { ...position, offset: 2 ** 53 } }],
      }),
    );
    expect(await client.next("error")).toMatchObject({ code: "BAD_MESSAGE" });
  });
});
