import { HeaderScanner } from "./header-scanner.ts";

/**
 * Reads a value of `Sec-WebSocket-Protocol`.
 *
 * @throws {SyntaxError} if it is no list of tokens, each of them once (RFC 6455 §4.1).
 */
function parse(header: string): Set<string> {
  const protocols = new Set<string>();
  const scanner = new HeaderScanner(header);
  do {
    const protocol = scanner.readToken();
    if (protocols.has(protocol)) throw new SyntaxError(`The "${protocol}" subprotocol is duplicated`);
    protocols.add(protocol);
  } while (scanner.readSeparator());
  return protocols;
}

/** The module `subprotocol` of `ws`. */
export const subprotocol: { readonly parse: typeof parse } = { parse };
