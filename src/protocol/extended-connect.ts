import { readAgreement, type Agreement, type AgreementFault } from "./agreement.ts";
import { http2Reserved } from "./answer-extended-connect.ts";
import { indexHeaders } from "./header-values.ts";
import type { Header } from "./header-values.ts";
import { writeHead } from "./http1.ts";
import { checkRequestLine, offeredNames, offerHeaders } from "./write-request.ts";

/**
 * The headers of a client's opening handshake on HTTP/2 (RFC 8441 §5), the pseudo-headers first. There is no key: the stream
 * itself says that nobody answered by mistake.
 *
 * @param options.isSecure - whether the URL is `wss:`.
 * @param options.host - name or address, with the port unless it is the scheme's own.
 * @param options.target - path and query; starts with `/`.
 * @throws {ProtocolError} `ERR_HOST`, `ERR_TARGET`, `ERR_SUBPROTOCOL`, `ERR_EXTENSION` or `ERR_HEADER`.
 */
export function writeExtendedConnect(options: {
  readonly isSecure: boolean;
  readonly host: string;
  readonly target: string;
  readonly protocols?: readonly string[] | undefined;
  readonly extensions?: string | undefined;
  readonly origin?: string | undefined;
  readonly headers?: readonly Header[] | undefined;
}): readonly Header[] {
  const { isSecure, host, target, headers = [] } = options;
  checkRequestLine(host, target);
  const ours: readonly Header[] = [["sec-websocket-version", "13"], ...offerHeaders(options)];
  const reserved = [...ours.map(([name]) => name.toLowerCase()), ...http2Reserved, ...requestReserved];
  writeHead({ startLine: "", ours, theirs: headers, reserved }); // the rules of HTTP/1.1 are the stricter ones
  return [
    [":method", "CONNECT"],
    [":protocol", "websocket"],
    // RFC 8441 §5: "The scheme of the Target URI … MUST be "https" for "wss"-schemed WebSockets"
    [":scheme", isSecure ? "https" : "http"],
    [":authority", host],
    [":path", target],
    ...[...ours, ...headers].map(([name, value]): Header => [name.toLowerCase(), value]),
  ];
}

const requestReserved: readonly string[] = ["host", "te", "http2-settings", "sec-websocket-key"];

/**
 * Reads the 200 that accepts an extended CONNECT: what it chose of our offers, as on HTTP/1.1.
 *
 * @param options.headers - the answer's, without `:status`.
 * @param options.protocols - those that were offered.
 * @param options.extensions - the value that was sent. Default none.
 */
export function readConnectAnswer(options: {
  readonly headers: readonly Header[];
  readonly protocols: readonly string[];
  readonly extensions?: string | undefined;
}): Agreement | AgreementFault {
  const extensionNames = options.extensions === undefined ? [] : offeredNames(options.extensions);
  return readAgreement(indexHeaders(options.headers.flat()), { protocols: options.protocols, extensionNames });
}
