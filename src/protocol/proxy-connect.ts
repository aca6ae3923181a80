import type { Header } from "./header-values.ts";
import { writeHead } from "./http1.ts";

/**
 * The bytes that ask an HTTP proxy for a tunnel (RFC 9110 §9.3.6).
 *
 * @param options.authority - name or address, always with the port.
 * @param options.authorization - the value of `Proxy-Authorization`. Default none.
 * @throws {ProtocolError} `ERR_HEADER` for a value that may not be sent.
 */
export function writeProxyConnect(options: {
  readonly authority: string;
  readonly authorization?: string | undefined;
}): Uint8Array {
  const { authority, authorization } = options;
  const ours: Header[] = [["Host", authority]];
  if (authorization !== undefined) ours.push(["Proxy-Authorization", authorization]);
  return writeHead({ startLine: `CONNECT ${authority} HTTP/1.1`, ours, theirs: [], reserved: [] });
}
