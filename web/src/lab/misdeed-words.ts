import type { Misdeed } from "switchboard/lab";

/** A fault of the server's, and what a browser has to do about it. */
export interface MisdeedWords {
  readonly misdeed: Misdeed;
  readonly title: string;
  readonly rule: string;
  readonly source: string;
  /** Whether the connection opens before the browser notices. */
  readonly opens: boolean;
}

export const misdeeds: readonly MisdeedWords[] = [
  {
    misdeed: "wrong-accept",
    title: "A wrong Accept",
    rule: "The proof does not fit the key: the browser must fail the connection.",
    source: "RFC 6455 §4.1",
    opens: false,
  },
  {
    misdeed: "no-upgrade",
    title: "No Upgrade in the 101",
    rule: "Without it nobody said which protocol follows.",
    source: "RFC 6455 §4.1",
    opens: false,
  },
  {
    misdeed: "status-200",
    title: "200 instead of 101",
    rule: "Any status but 101 is HTTP as usual.",
    source: "RFC 6455 §4.1",
    opens: false,
  },
  {
    misdeed: "unasked-protocol",
    title: "A subprotocol nobody offered",
    rule: "The server may only pick one of the client's.",
    source: "RFC 6455 §4.1",
    opens: false,
  },
  {
    misdeed: "unasked-extension",
    title: "An extension nobody offered",
    rule: "The client could not read what follows.",
    source: "RFC 6455 §4.1",
    opens: false,
  },
  {
    misdeed: "masked-frame",
    title: "A masked frame",
    rule: "A server must not mask: the browser must close.",
    source: "RFC 6455 §5.1",
    opens: true,
  },
  {
    misdeed: "reserved-bit",
    title: "A reserved bit",
    rule: "No extension was agreed on that gives RSV3 a meaning.",
    source: "RFC 6455 §5.2",
    opens: true,
  },
  {
    misdeed: "reserved-opcode",
    title: "Opcode 3",
    rule: "An opcode without a meaning fails the connection.",
    source: "RFC 6455 §5.2",
    opens: true,
  },
  {
    misdeed: "bad-utf8",
    title: "Text that is not UTF-8",
    rule: "Text must be UTF-8, to the last byte: 1007.",
    source: "RFC 6455 §8.1",
    opens: true,
  },
  {
    misdeed: "long-ping",
    title: "A ping of 126 bytes",
    rule: "A control frame has at most 125.",
    source: "RFC 6455 §5.5",
    opens: true,
  },
  {
    misdeed: "split-ping",
    title: "A ping in pieces",
    rule: "A control frame must not be fragmented.",
    source: "RFC 6455 §5.5",
    opens: true,
  },
  {
    misdeed: "bad-close-code",
    title: "A close frame with 1005",
    rule: "1005 means that there was no code: it must never be sent.",
    source: "RFC 6455 §7.4.1",
    opens: true,
  },
];
