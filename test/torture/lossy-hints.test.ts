import { expect, test } from "vitest";
import type { LineFilter } from "../cut-line.ts";
import { loseNatsHints, loseRedisHints } from "./lossy-hints.ts";

/** What is left of a text that comes in pieces of so many bytes. */
function filter(take: LineFilter, text: string, pieceBytes: number): string {
  const bytes = Buffer.from(text);
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) parts.push(...take(bytes.subarray(at, at + pieceBytes)));
  return Buffer.concat(parts).toString();
}

const hint = "*3\r\n$8\r\nsmessage\r\n$3\r\nlog\r\n$9\r\none\r\n*two\r\n";
const push = ">3\r\n$7\r\nmessage\r\n$3\r\nlog\r\n$0\r\n\r\n";
/** All kinds of replies, of which one holds what a hint begins with. */
const replies = [
  "+OK\r\n",
  "-ERR no\r\n",
  ":7\r\n",
  "$-1\r\n",
  "*-1\r\n",
  "*0\r\n",
  "*2\r\n*2\r\n$3\r\n1-0\r\n$7\r\nmessage\r\n_\r\n",
  "%1\r\n$1\r\na\r\n*1\r\n:1\r\n",
  "=7\r\ntxt:a\r\n\r\n",
  "*3\r\n$9\r\nsubscribe\r\n$3\r\nlog\r\n:1\r\n",
];

test.each([1, 7, 4096])(
  "[TO8] of what Redis sends, in pieces of %i bytes, only Pub/Sub messages are lost, and whole",
  (size) => {
    const text = replies.join(hint) + push + replies.join(push);
    const left = (isLost: boolean): string =>
      filter(
        loseRedisHints(() => isLost),
        text,
        size,
      );
    expect(left(true)).toBe(replies.join("") + replies.join(""));
    expect(left(false)).toBe(text);
    let toldCount = 0;
    const loseEverySecond = loseRedisHints(() => (toldCount += 1) % 2 === 0);
    expect(filter(loseEverySecond, hint.repeat(5), size)).toBe(hint.repeat(3));
  },
);

test("[TO8] of what NATS sends, only messages on a live subject are lost", () => {
  const kept = "MSG switchboard.log.s.a 1 2\r\nhi\r\nHMSG _INBOX.a.live 2 3 5\r\nheyou\r\nPING\r\n";
  const live = "MSG switchboard.live.a 1 2\r\nhi\r\nHMSG switchboard.live.b 2 3 5\r\nheyou\r\n";
  const text = live + kept + live;
  const left = (isLost: boolean): string =>
    filter(
      loseNatsHints(() => isLost),
      text,
      3,
    );
  expect(left(true)).toBe(kept);
  expect(left(false)).toBe(text);
});
