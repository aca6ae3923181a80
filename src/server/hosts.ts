import { describe } from "../wire/index.ts";

/** Which names a server answers to: those listed, and always this machine's own (`localhost`, `127.0.0.1`, `[::1]`); or any. */
export type HostPolicy = "any" | readonly string[];

const loopbackNames: readonly string[] = ["localhost", "127.0.0.1", "[::1]"];

/**
 * Judges the `Host` of a request. A page can have its own name point at this machine (DNS rebinding): the browser then takes it for
 * the page's own origin, and only the name that it asks for gives it away.
 */
export class Hosts {
  readonly #policy: HostPolicy;
  readonly #names: ReadonlySet<string>;

  /** @throws {TypeError} for a name that cannot be one. */
  constructor(policy: HostPolicy) {
    this.#policy = policy;
    this.#names = new Set(policy === "any" ? [] : [...loopbackNames, ...policy].map(nameOf));
  }

  /** Why the request is refused, if it is: for whoever set the server up. */
  refuse(host: string | undefined): string | undefined {
    if (this.#policy === "any") return undefined;
    const name = readName(host);
    if (name !== undefined && this.#names.has(name)) return undefined;
    return `Cannot answer for host ${describe(host ?? "")}: this server is not known by that name; its operator can add it to hosts`;
  }
}

function nameOf(name: string): string {
  const read = readName(name);
  if (read === undefined || /:\d+$/.test(name)) {
    throw new TypeError(
      `Cannot use ${describe(name)} in hosts: give a name or an address without a port, as chat.example.com`,
    );
  }
  return read;
}

/** The name in a `Host` field (RFC 9110 §7.2), as a URL has it: in lower case, an IPv6 address in brackets. The port does not matter. */
function readName(host: string | undefined): string | undefined {
  // A URL would take what stands before an @, or behind a slash, for something else.
  if (host === undefined || !/^(?:\[[\d:a-f.]+\]|[\w.-]+)(?::\d{1,5})?$/i.test(host)) return undefined;
  const url = `http://${host}`;
  return URL.canParse(url) ? new URL(url).hostname : undefined;
}
