/**
 * Reads the value of a `Host` header: a name, an IPv4 address or an IPv6 address in brackets, and perhaps a port
 * (RFC 9110 §7.2). No user, no path, no list.
 *
 * @returns the name in lower case and the port as a number, `undefined` where none is given; or `undefined` for a malformed value.
 */
export function parseHost(value: string): { readonly name: string; readonly port: number | undefined } | undefined {
  const [, name = "", portText] =
    /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9\-._~%!$&'()*+;=]+)(?::([0-9]{1,5}))?$/.exec(value) ?? [];
  const port = portText === undefined ? undefined : Number(portText);
  if (name === "" || (port !== undefined && port > 65_535)) return undefined;
  return { name: name.toLowerCase(), port };
}

/**
 * Whether a page of this origin came from this very host: same scheme, same name, same port.
 *
 * The host is written the one way in which a browser would write it as an origin (RFC 6454 §6.2: lower case, no default
 * port), and the two texts are compared. Nothing in `origin` is parsed, so nothing in it can be taken for something else:
 * `"null"`, a user name, a suffix, another port or another case of the letters are simply other texts.
 *
 * @param origin - the value of the `Origin` header.
 * @param host - the value of the `Host` header.
 * @param isSecure - whether the browser came by TLS. Behind a proxy that ends TLS, the proxy knows that, not the socket.
 */
export function isSameOrigin(origin: string, host: string, isSecure: boolean): boolean {
  const parsed = parseHost(host);
  if (parsed === undefined) return false;
  const hasDefaultPort = parsed.port === undefined || parsed.port === (isSecure ? 443 : 80);
  return origin === `${isSecure ? "https" : "http"}://${parsed.name}${hasDefaultPort ? "" : `:${parsed.port}`}`;
}
