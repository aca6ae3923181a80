import { isIP } from "node:net";
import { describe } from "../wire/index.ts";

/** Which names a server answers to: those listed, and always this machine's own (`localhost`, `127.0.0.1`, `[::1]`); or any. */
export type HostPolicy = "any" | readonly string[];

const loopbackNames: readonly string[] = ["localhost", "127.0.0.1", "[::1]"];

/** Names that nobody on the internet can have (RFC 6761 §6.2 and §6.3, RFC 6762 §3; ICANN reserved `internal` in 2024). */
const privateSuffixes: readonly string[] = [".localhost", ".test", ".local", ".internal"];

/**
 * Judges the `Host` of a request. A page can have its own name point at this machine (DNS rebinding): the browser then takes it for
 * the page's own origin, and only the name that it asks for gives it away.
 */
export class Hosts {
  readonly #policy: HostPolicy | undefined;
  readonly #names: ReadonlySet<string>;

  /**
   * @param policy - undefined: no page that came unencrypted under a name of the internet's.
   * @throws {TypeError} for a name that cannot be one.
   */
  constructor(policy: HostPolicy | undefined) {
    this.#policy = policy;
    this.#names = new Set(typeof policy === "object" ? [...loopbackNames, ...policy].map(nameOf) : []);
  }

  /** Why the request is refused, if it is: for whoever set the server up. */
  refuse(host: string | undefined, origin?: string): string | undefined {
    switch (this.#policy) {
      case "any":
        return undefined;
      case undefined:
        return this.#refusePage(host, origin);
      default: {
        const name = readName(host);
        if (name !== undefined && this.#names.has(name)) return undefined;
        return `Cannot answer for host ${describe(host ?? "")}: this server is not known by that name; its operator can add it to hosts`;
      }
    }
  }

  /**
   * What is no browser sends no origin, and cannot be led here by a name. A page that came by `https:` came from whoever has a certificate for
   * its name, and a browser opens nothing unencrypted from it: so this server, or its proxy, is meant by that name.
   */
  #refusePage(host: string | undefined, origin: string | undefined): string | undefined {
    if (origin === undefined || !/^http:/i.test(origin) || isPrivate(readName(host))) return undefined;
    return `Cannot answer a page of ${describe(host ?? "")} that came unencrypted: any site can have its name point here; serve it by https, or its operator can add the name to hosts`;
  }
}

/** Whether a name is one that no stranger can have point here: an address, one without a dot, or one under a suffix that is not for sale. */
function isPrivate(name: string | undefined): boolean {
  if (name === undefined) return false;
  const isAddress = isIP(name.replace(/^\[|\]$/g, "")) !== 0;
  return isAddress || !name.includes(".") || privateSuffixes.some((suffix) => name.endsWith(suffix));
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
