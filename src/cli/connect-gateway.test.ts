import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { createGateway, memoryBroker } from "../server/index.ts";
import { encodeServerMessage, msgpackSubprotocol, packMessage, subprotocol } from "../wire/index.ts";
import { channels } from "./chat.ts";
import { historyFile, mayKeep, readHistory, writeHistory } from "./connect-history.ts";
import { type SessionOptions, startSession } from "./connect-session.ts";
import { dialectOf } from "./dialect.ts";
import { completeSlash, readSlashCommand } from "./slash-command.ts";

test.each([subprotocol, msgpackSubprotocol])(
  "[CM56] %s: a gateway is greeted, asked by commands, and shown as JSON",
  async (protocol) => {
    const gateway = createGateway({
      channels,
      broker: memoryBroker(),
      authenticate: ({ token = "" }) => ({ id: token }),
    });
    onTestFinished(() => gateway.close({ graceMs: 100 }));
    const { url } = await gateway.listen({ port: 0 });
    const shown: (string | Uint8Array)[] = [];
    const notes: string[] = [];
    const options: SessionOptions = {
      url: new URL(url),
      connectOptions: { protocols: [protocol] },
      input: {
        type: "lines",
        lines: [
          "/help",
          "/sub chat/1 5",
          "no JSON",
          '/pub chat/1 message {"text":"hi"}',
          "/history chat/1",
          "/pub chat/1 x",
        ],
        end: () => {},
      },
      waitMs: 60_000,
      isBinary: false,
      isOne: false,
      showsPings: false,
      hasSlash: true,
      isVerbose: false,
      isQuiet: false,
      decodes: true,
      greeting: `{"type":"auth","id":0,"device":"${"0".repeat(32)}","token":"ada"}`,
      view: { message: (data) => void shown.push(data), note: (text) => void notes.push(text) },
    };
    const session = startSession(options);
    const types = (): readonly string[] =>
      shown.map((one) => (typeof one === "string" ? (JSON.parse(one) as { type: string }).type : "bytes"));
    await vi.waitFor(() => expect(types()).toContain("history"), { timeout: 10_000 });
    session.close();
    expect(await session.ended).toBe(0);
    expect(types()).toEqual(
      expect.arrayContaining(["hello", "authenticated", "subscribed", "ack", "event", "history"]),
    );
    expect(shown.find((one) => String(one).includes('"type":"history"'))).toContain('"data":{"text":"hi"}');
    expect(notes[0]).toContain("/pub <channel> <event> <json>");
    expect(notes.at(-1)).toBe("Write it as /pub <channel> <event> <json>");
    // In JSON the gateway says itself that it is none.
    const refused =
      protocol === subprotocol ? shown.some((one) => String(one).includes("BAD_MESSAGE")) : notes.length === 3;
    expect(refused).toBe(true);
  },
);

test("[CM56] a frame of several messages is shown in as many pieces, bytes as base64, and what is not understood as it came", () => {
  const { read, write } = dialectOf(msgpackSubprotocol, false);
  const event = encodeServerMessage({
    type: "ephemeral",
    channel: "a",
    event: "e",
    user: { id: "u" },
    ttlMs: 1,
    data: Buffer.from("hi").toString("base64"),
  });
  const frame = Buffer.concat([packMessage('{"type":"ping"}', () => false), packMessage(event, () => true)]);
  expect(read(frame)).toEqual(['{"type":"ping"}', expect.stringContaining('"data":"aGk="')]);
  expect([read(Buffer.from([0xc1])), read("text")]).toEqual([[Buffer.from([0xc1])], ["text"]]);
  expect([write("no"), write('{"a":1}')]).toEqual([undefined, new Uint8Array([0x81, 0xa1, 0x61, 1])]);
  const json = dialectOf(subprotocol, false);
  expect([json.read("1\n2"), json.read(new Uint8Array(1))]).toEqual([["1", "2"], [new Uint8Array(1)]]);
  const plain = dialectOf("", true);
  expect([plain.read("1\n2"), plain.write("a"), plain.isGateway]).toEqual([["1\n2"], Buffer.from("a"), false]);
});

test("[CM56] commands of a gateway are read, or say how they are written", () => {
  const read = (line: string) => readSlashCommand(line, true);
  const asked = (line: string): unknown => {
    const command = read(line);
    return command?.type === "ask" ? command.request : command;
  };
  expect(asked("/sub chat/1")).toEqual({ type: "subscribe", channel: "chat/1", start: { from: "live" } });
  expect(asked("/sub chat/1 0")).toEqual({ type: "subscribe", channel: "chat/1", start: { from: "live" } });
  expect(asked("/sub chat/1 7")).toMatchObject({ start: { from: "recent", count: 7 } });
  expect(asked("/unsub chat/1")).toEqual({ type: "unsubscribe", channel: "chat/1" });
  expect(asked("/history chat/1 3")).toMatchObject({ type: "history", channel: "chat/1", count: 3 });
  expect(asked('/pub a b {"c": 1}')).toEqual({ type: "publish", channel: "a", event: "b", data: '{"c": 1}' });
  for (const [line, usage] of [
    ["/sub", "/sub <channel> [recent]"],
    ["/sub a b", "/sub <channel> [recent]"],
    ["/unsub a b", "/unsub <channel>"],
    ["/history a 1.5", "/history <channel> [count]"],
    ["/pub a b", "/pub <channel> <event> <json>"],
    ["/pub a b {", "/pub <channel> <event> <json>"],
  ] as const) {
    expect(read(line)).toEqual({ type: "refused", reason: `Write it as ${usage}` });
  }
  expect(readSlashCommand("/sub a")).toMatchObject({
    type: "refused",
    reason: expect.stringContaining("There is no /sub"),
  });
});

test("[CM57] Tab completes the commands there are", () => {
  expect(completeSlash("/p", false)).toEqual([["/ping "], "/p"]);
  expect(completeSlash("/p", true)).toEqual([["/ping ", "/pub "], "/p"]);
  expect(completeSlash("hello", true)).toEqual([[], "hello"]);
});

test("[CM57] lines are remembered under XDG_STATE_HOME, for nobody else to read, and nothing that looks like a secret", () => {
  const folder = mkdtempSync(join(tmpdir(), "switchboard-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  expect(historyFile({ XDG_STATE_HOME: folder })).toBe(join(folder, "switchboard", "connect-history"));
  expect(historyFile({ XDG_STATE_HOME: "relative", HOME: "/home/ada" })).toBe(
    "/home/ada/.local/state/switchboard/connect-history",
  );
  const file = historyFile({ XDG_STATE_HOME: folder });
  expect(readHistory(file)).toEqual([]);
  const secrets = [
    '{"type":"auth","token":"abc"}',
    '{"access_token" : 1}',
    '{"password":"x"}',
    '{"device":"00"}',
    "Authorization: Bearer abc",
    " hidden",
    "",
    "x".repeat(4_097),
  ];
  expect(secrets.map(mayKeep)).toEqual(secrets.map(() => false));
  const lines = ["newest", ...secrets, "x".repeat(4_096), "oldest"];
  writeHistory(file, lines);
  expect(readHistory(file)).toEqual(["newest", "x".repeat(4_096), "oldest"]);
  expect([file, dirname(file)].map((path) => statSync(path).mode & 0o777)).toEqual([0o600, 0o700]);
  writeHistory(
    file,
    Array.from({ length: 501 }, (_, index) => `line ${index}`),
  );
  expect(readFileSync(file, "utf8").split("\n")).toHaveLength(501);
  expect(readHistory(file)[0]).toBe("line 0");
  writeHistory("/proc/nowhere/history", ["a"]);
  expect(existsSync("/proc/nowhere/history")).toBe(false);
});
