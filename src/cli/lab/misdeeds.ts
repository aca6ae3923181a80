import { acceptValue, encodeFrame, opcodes, writeAccept, type HandshakeRequest } from "../../protocol/index.ts";
import type { Misdeed } from "./messages.ts";

/** What the server says instead of the right thing. */
interface Deed {
  /** Instead of the 101. */
  readonly answer?: (handshake: HandshakeRequest) => Uint8Array;
  /** Behind the 101. */
  readonly frames?: () => Uint8Array;
}

/** A key that nobody has sent: that of the RFC's example. */
const anotherKey = "dGhlIHNhbXBsZSBub25jZQ==";

const deeds: Readonly<Record<Misdeed, Deed>> = {
  "wrong-accept": { answer: ({ protocols }) => writeAccept({ key: anotherKey, protocols }) },
  "no-upgrade": {
    answer: ({ key }) => head("HTTP/1.1 101 Switching Protocols", ["Connection: Upgrade", accept(key)]),
  },
  "status-200": {
    answer: ({ key }) =>
      head("HTTP/1.1 200 OK", ["Upgrade: websocket", "Connection: Upgrade", accept(key), "Content-Length: 0"]),
  },
  "unasked-protocol": { answer: ({ key }) => switching(key, "Sec-WebSocket-Protocol: morse") },
  "unasked-extension": { answer: ({ key }) => switching(key, "Sec-WebSocket-Extensions: permessage-morse") },
  "masked-frame": {
    frames: () =>
      encodeFrame({ fin: true, rsv1: false, opcode: opcodes.text, payload: bytesOf("masked"), maskingKey: 0x37fa213d }),
  },
  "reserved-bit": { frames: () => Uint8Array.of(0x91, 2, 0x68, 0x69) },
  "reserved-opcode": { frames: () => Uint8Array.of(0x83, 0) },
  "bad-utf8": { frames: () => Uint8Array.of(0x81, 2, 0xc3, 0x28) },
  "long-ping": { frames: () => Uint8Array.of(0x89, 126, 0, 126, ...new Uint8Array(126)) },
  "split-ping": { frames: () => Uint8Array.of(0x09, 0) },
  "bad-close-code": { frames: () => Uint8Array.of(0x88, 2, 0x03, 0xed) },
};

/** The deed of this name; undefined for what is none. */
export function findDeed(name: string | null): Deed | undefined {
  return name !== null && Object.hasOwn(deeds, name) ? deeds[name as Misdeed] : undefined;
}

function switching(key: string, line: string): Uint8Array {
  return head("HTTP/1.1 101 Switching Protocols", ["Upgrade: websocket", "Connection: Upgrade", accept(key), line]);
}

function accept(key: string): string {
  return `Sec-WebSocket-Accept: ${acceptValue(key)}`;
}

function head(startLine: string, lines: readonly string[]): Uint8Array {
  return bytesOf([startLine, ...lines, "", ""].join("\r\n"));
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
