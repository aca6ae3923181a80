/** Texts of a peer's own, in places where they could become something else: a line of a log, a property, a command. */
import { execFileSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import {
  type Authenticate,
  channel,
  createGateway,
  jwtAuthenticator,
  memoryBroker,
  sqliteBroker,
} from "../../src/server/index.ts";
import { WireClient } from "../gateway/wire-client.ts";
import { device, startAttacked } from "./attacked-gateway.ts";

const live = { from: "live" } as const;
/** A line of its own, a colour, a cleared screen in eight bits, a text that reads backwards, a line end of Unicode. */
const hostile = 'a\r\n{"level":"error"} \u001b[31mred \u009b2J \u202egnp.exe\u2028';
const controls = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;
const root = join(import.meta.dirname, "../..");
const errorProgram = `
  import { createLog } from "./src/cli/log.ts";
  const [isPretty, text] = process.argv.slice(-2);
  createLog({ level: "info", isPretty: isPretty === "true", hasColors: false })
    .error({ error: new Error("Cannot take " + text, { cause: new TypeError(text) }) }, "A hook failed");
`;
/** What `Object.prototype` has, and what an object literal would not keep. */
const inherited = ["__proto__", "constructor", "toString", "hasOwnProperty", "__defineGetter__", "valueOf"];

test("[GA15, SV63] a close reason, a token's name and a proxy's address end no line of the log, and colour none", async () => {
  const authenticate: Authenticate = ({ token = "" }) => ({ refused: `no user "${token}"` });
  const { logged, url } = await startAttacked({ authenticate });
  const client = await WireClient.open(url);
  client.send({ type: "auth", device, token: hostile });
  await client.closed;
  const eve = await WireClient.open(url);
  (await eve.socket).close(4000, hostile);
  await eve.closed;
  const textsOfPeers = (): readonly string[] =>
    logged
      .flatMap((line) => Object.values(JSON.parse(line) as object))
      .filter((value): value is string => typeof value === "string" && value.includes("gnp.exe"));
  await vi.waitFor(() => expect(textsOfPeers()).toHaveLength(2));
  expect(textsOfPeers().filter((text) => controls.test(text))).toEqual([]);
});

test("[GA15, CM14] nor does an error that quotes them, at a terminal or in JSON", async () => {
  for (const isPretty of [true, false]) {
    const written = execFileSync(process.execPath, ["--import", "tsx", "-e", errorProgram, String(isPretty), hostile], {
      encoding: "utf8",
      cwd: root,
    });
    expect(written).toContain("gnp.exe");
    const lines = written.trimEnd().split("\n");
    expect(lines.filter((line) => controls.test(line))).toEqual([]);
    expect(lines.filter((line) => /^\s*\{"level"/.test(line))).toHaveLength(isPretty ? 0 : 1);
  }
});

test("[GA16] names like parts of the language are names like any other: of an event, a call, a room, a message, a user", async () => {
  const folder = mkdtempSync(join(tmpdir(), "switchboard-names-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const broker of [memoryBroker(), sqliteBroker({ file: join(folder, "names.db") })]) {
    const { enter } = await startAttacked({ broker });
    for (const name of inherited) {
      const client = await enter(name);
      const channel = `chat/${name}`;
      client.send({ type: "subscribe", channel, start: live });
      expect(await client.next("subscribed")).toMatchObject({ top: 0, members: [{ user: { id: name } }] });
      client.send({ type: "publish", channel, event: name, messageId: "m", data: { text: "x" } });
      expect(await client.next("error")).toMatchObject({ code: "UNKNOWN_EVENT" });
      client.send({ type: "ephemeral", channel, event: name, data: {} });
      expect(await client.next("error")).toMatchObject({ code: "UNKNOWN_EVENT" });
      client.send({ type: "call", channel, method: name, data: 1 });
      expect(await client.next("error")).toMatchObject({ code: "UNKNOWN_CALL" });
      client.send({ type: "publish", channel, event: "message", messageId: name, data: { text: name } });
      expect(await client.next("event")).toMatchObject({ offset: 1, messageId: name, user: { id: name } });
      client.send({ type: "publish", channel, event: "message", messageId: name, data: { text: name } });
      expect(await client.next("ack", ({ duplicate }) => duplicate)).toMatchObject({ offset: 1 });
    }
  }
  expect("polluted" in {}).toBe(false);
});

test("[GA16] claims named like parts of the language reach authorize as they are, and change no object", async () => {
  const secret = new TextEncoder().encode("s".repeat(32));
  const now = Math.floor(Date.now() / 1_000);
  const text = `{"sub":"ada","iss":"https://a.example","aud":"chat","iat":${now},"exp":${now + 600},"__proto__":{"polluted":true,"admin":true}}`;
  const encode = (part: string): string => Buffer.from(part).toString("base64url");
  const input = `${encode('{"alg":"HS256"}')}.${encode(text)}`;
  const token = `${input}.${createHmac("sha256", secret).update(input).digest("base64url")}`;
  const authenticate = jwtAuthenticator({ issuer: "https://a.example", audience: "chat", keys: secret });
  const claims: unknown[] = [];
  const watched = channel("watched", {
    events: {},
    authorize: (question) => {
      claims.push(question.claims["admin"], question.claims["toString"]);
      return Object.keys(question.claims).includes("__proto__");
    },
  });
  const gateway = createGateway({ channels: { watched }, broker: memoryBroker(), authenticate });
  onTestFinished(() => gateway.close({ graceMs: 1 }));
  const client = await WireClient.join((await gateway.listen({ port: 0 })).url, device, token);
  client.send({ type: "subscribe", channel: "watched", start: live });
  await client.next("subscribed");
  expect(claims).toEqual([undefined, Object.prototype.toString]);
  expect("polluted" in {}).toBe(false);
});

test("[GA17, SV64] quotes and statements in a user, a message and data are stored as what they are; a user that no store gives back is none", async () => {
  const folder = mkdtempSync(join(tmpdir(), "switchboard-names-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const { enter, gateway, logged, url } = await startAttacked({
    broker: sqliteBroker({ file: join(folder, "names.db") }),
  });
  const texts = ["'; DROP TABLE entries; --", '" OR 1=1', "%_\\", "../../etc/passwd", "${7*7}{{7*7}}"];
  const reader = await enter("reader");
  reader.send({ type: "subscribe", channel: "chat/1", start: live });
  await reader.next("subscribed");
  const request = { channel: "chat", params: { room: "1" }, event: "message" } as const;
  for (const text of texts) {
    const zero = `${text}\u0000`;
    await gateway.publish({ ...request, data: { text: zero }, user: { id: text } });
    expect(await reader.next("event")).toMatchObject({ data: { text: zero }, user: { id: text } });
    await expect(gateway.publish({ ...request, data: { text }, user: { id: zero } })).rejects.toThrow(
      'Cannot publish "message" to "chat/1": the user\'s id has a control character or half a surrogate pair',
    );
  }
  const eve = await WireClient.open(url);
  eve.send({ type: "auth", device, token: "ada\u0000" });
  expect(await eve.closed).toMatchObject({ code: 4500, reason: "The credentials were refused" });
  expect(logged.join("\n")).toContain("the user's id has a control character");
  reader.send({ type: "history", channel: "chat/1", before: 99, count: 99 });
  expect((await reader.next("history")).events.map(({ user }) => user.id)).toEqual(texts);
});
