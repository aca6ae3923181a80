import { acceptValue } from "switchboard/protocol";
import { decodeBase64, hexOf } from "./bytes.ts";

/** Fixed by RFC 6455 §1.3: no other protocol uses it. */
export const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** How `Sec-WebSocket-Accept` comes of a key (RFC 6455 §4.2.2). */
export interface AcceptSteps {
  readonly joined: string;
  /** 20 bytes in hexadecimal. */
  readonly digest: string;
  readonly accept: string;
  /** What a server would say to this key, if it would not take it. */
  readonly fault: string | undefined;
}

export function computeAccept(key: string): AcceptSteps {
  const accept = acceptValue(key);
  return { joined: key + guid, digest: hexOf(decodeBase64(accept)), accept, fault: findFault(key) };
}

function findFault(key: string): string | undefined {
  if (/^[A-Za-z0-9+/]{21}[AQgw]==$/.test(key)) return undefined;
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(key)) return "This is no base64: a server refuses it with 400.";
  return "This is not 16 bytes in base64 (22 characters and ==): a server refuses it with 400.";
}
