import { createHash, timingSafeEqual } from "node:crypto";

/**
 * What a key is good for. `read`: history, presence, stats, metrics. `publish`: publish and batch. `admin`: disconnect, and to publish
 * past a channel's limits. None implies another.
 */
export type ApiScope = "read" | "publish" | "admin";

/** A key of the HTTP API. */
export interface ApiKey {
  /** 32-256 visible ASCII characters, from a source that nobody can guess: `openssl rand -hex 32`. */
  readonly key: string;
  readonly scopes: readonly ApiScope[];
}

/** A key that was found. */
interface FoundKey {
  /** For the log: which it is, counted from 1, without saying it. */
  readonly name: string;
  readonly scopes: ReadonlySet<ApiScope>;
}

const apiScopes: readonly ApiScope[] = ["read", "publish", "admin"];

/** The keys there are, held and compared as digests: neither their length nor a common beginning can be measured. */
export class ApiKeys {
  readonly #keys: readonly (FoundKey & { readonly digest: Buffer })[];

  /** @throws {TypeError} for a key or a scope that cannot be. The key itself is not in the message. */
  constructor(keys: readonly (ApiKey & { readonly name?: string })[]) {
    this.#keys = keys.map(({ key, name = "", scopes }, index) => {
      const cannot = `Cannot use API key ${index + 1}:`;
      if (!/^[\x21-\x7e]{32,256}$/.test(key)) {
        throw new TypeError(`${cannot} it must be 32-256 visible ASCII characters`);
      }
      if (scopes.length === 0) throw new TypeError(`${cannot} it has no scope`);
      const unknown = scopes.find((scope) => !apiScopes.includes(scope));
      if (unknown !== undefined) {
        throw new TypeError(`${cannot} its scopes are read, publish and admin, not "${unknown}"`);
      }
      return { name: name || `key ${index + 1}`, digest: digestOf(key), scopes: new Set(scopes) };
    });
  }

  get isEmpty(): boolean {
    return this.#keys.length === 0;
  }

  /** What an `Authorization` header (RFC 6750 §2.1) may do; undefined if it has no key of ours. Every key is looked at, whichever fits. */
  scopesOf(authorization: string | undefined): ReadonlySet<ApiScope> | undefined {
    return this.find(authorization)?.scopes;
  }

  /** The same, with what the key may be called where it must not be told. */
  find(authorization: string | undefined): FoundKey | undefined {
    const token = /^Bearer +([\x21-\x7e]{1,256})$/i.exec(authorization ?? "")?.[1];
    if (token === undefined) return undefined;
    const digest = digestOf(token);
    let found: FoundKey | undefined;
    for (const key of this.#keys) if (timingSafeEqual(key.digest, digest)) found = key;
    return found;
  }
}

function digestOf(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}
