/** Where a WebSocket is, and what is asked for there. */
export interface Address {
  readonly isSecure: boolean;
  readonly hostname: string;
  readonly port: number;
  /** Name or address, with the port unless it is the scheme's own: the value of `Host` or `:authority`. */
  readonly host: string;
  /** Path and query. */
  readonly target: string;
  /** The socket in the file system to connect to; undefined for TCP. */
  readonly socketPath: string | undefined;
}

const schemes: readonly string[] = ["ws:", "wss:", "http:", "https:"];

/**
 * Reads `ws:`, `wss:`, `http:`, `https:`, or `ws+unix:/path/of/socket:/path?query`.
 *
 * @throws {TypeError} for another URL.
 */
export function readAddress(text: string | URL, socketPath?: string): Address {
  const url = new URL(text);
  if (url.protocol === "ws+unix:") return readUnixAddress(url);
  if (!schemes.includes(url.protocol)) {
    throw new TypeError(`Cannot connect to ${url.href}: the scheme must be ws or wss`);
  }
  if (url.hash !== "") throw new TypeError(`Cannot connect to ${url.href}: a fragment is not allowed`);
  if (url.username !== "" || url.password !== "") {
    throw new TypeError(`Cannot connect to ${url.host}: a user name in the URL is not allowed`);
  }
  const isSecure = url.protocol === "wss:" || url.protocol === "https:";
  return {
    isSecure,
    hostname: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: Number(url.port || (isSecure ? 443 : 80)),
    host: url.host,
    target: url.pathname + url.search,
    socketPath,
  };
}

function readUnixAddress({ href, host, pathname, search, hash }: URL): Address {
  const [path = "", target = "/"] = pathname.split(/:(.*)/s);
  if (host !== "" || path === "") {
    throw new TypeError(`Cannot connect to ${href}: give the path of a socket, as in ws+unix:/run/app.sock:/path`);
  }
  return readAddress(`ws://localhost${target}${search}${hash}`, decodeURIComponent(path));
}

/** The URL of an address, as people write it. */
export function addressUrl({ isSecure, host, target }: Address): string {
  return `${isSecure ? "wss" : "ws"}://${host}${target}`;
}

/** Whether two addresses are one server's: what was meant for the one may be told to the other. */
export function isSameServer(one: Address, other: Address): boolean {
  return one.isSecure === other.isSecure && one.host === other.host && one.socketPath === other.socketPath;
}
