import { acceptValue, encodeFrame, type HandshakeRequest, opcodes, selectProtocol } from "../../protocol/index.ts";
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
const switching = "HTTP/1.1 101 Switching Protocols";
const upgrade: readonly string[] = ["Upgrade: websocket", "Connection: Upgrade"];

/** The subprotocols the lab speaks: all of them mean an echo. */
export const labProtocols: readonly string[] = ["echo.lab", "lab"];

const deeds: Readonly<Record<Misdeed, Deed>> = {
  "wrong-accept": {
    answer: ({ protocols }) => head(switching, [...upgrade, accept(anotherKey), ...pick(protocols)]),
  },
  "no-upgrade": {
    answer: ({ key, protocols }) => head(switching, ["Connection: Upgrade", accept(key), ...pick(protocols)]),
  },
  "status-200": {
    answer: ({ key }) => head("HTTP/1.1 200 OK", [...upgrade, accept(key), "Content-Length: 0"]),
  },
  "unasked-protocol": {
    answer: ({ key }) => head(switching, [...upgrade, accept(key), "Sec-WebSocket-Protocol: morse"]),
  },
  "unasked-extension": {
    answer: ({ key, protocols }) =>
      head(switching, [...upgrade, accept(key), ...pick(protocols), "Sec-WebSocket-Extensions: permessage-morse"]),
  },
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

/** The right subprotocol: each deed is one fault, not two. */
function pick(offered: readonly string[]): readonly string[] {
  const protocol = selectProtocol(offered, labProtocols);
  return protocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${protocol}`];
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
