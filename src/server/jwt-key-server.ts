import { readKeySet, pickKey, type JwtAlgorithm, type SignatureHeader, type VerificationKey } from "./jwt-keys.ts";

export interface KeyServerOptions {
  readonly url: URL;
  readonly algorithms: readonly JwtAlgorithm[];
  readonly fetch: typeof fetch;
  /** Of a clock that never goes back. */
  readonly steadyMs: () => number;
}

/** How long a set of keys is used before it is asked for again; a key that was withdrawn there is withdrawn here after it. */
const maxAgeMs = 600_000;
/** How long it is used if it cannot be had again. */
const maxStaleMs = 86_400_000;
/** The least time between two requests: a flood of tokens with keys nobody knows is one request in it. */
const cooldownMs = 30_000;
/** The same while there are no keys yet. */
const retryAfterMs = 1_000;
const timeoutMs = 5_000;
const maxBodyBytes = 256 * 1024;

/** The keys of an issuer, fetched from the URL that the operator gave: nothing a token says leads anywhere. */
export class KeyServer {
  readonly #options: KeyServerOptions;
  #keys: readonly VerificationKey[] | undefined;
  #fetchedAtMs = -Infinity;
  #askedAtMs = -Infinity;
  #failure: unknown;
  #fetching: Promise<void> | undefined;

  /** @throws {TypeError} for a URL that anybody on the way could answer. */
  constructor(options: KeyServerOptions) {
    const { hostname, href, protocol } = options.url;
    const isLocal = hostname === "localhost" || hostname === "127.0.0.1" || hostname === "[::1]";
    if (protocol !== "https:" && !(protocol === "http:" && isLocal)) {
      throw new TypeError(`Cannot fetch keys from ${href}: give an https URL`);
    }
    this.#options = options;
  }

  /** The key a token was signed with. @throws whatever kept the keys from coming, if there are none to use. */
  async find(header: SignatureHeader): Promise<VerificationKey | undefined> {
    if (this.#ageMs() >= maxAgeMs) await this.#renew();
    const known = pickKey(this.#usable(), header);
    if (known !== undefined || !this.#mayAsk(cooldownMs)) return known;
    // A new key may have been made a moment ago.
    await this.#renew();
    return pickKey(this.#usable(), header);
  }

  #usable(): readonly VerificationKey[] {
    if (this.#keys !== undefined && this.#ageMs() < maxStaleMs) return this.#keys;
    throw new Error(`Cannot get keys from ${this.#options.url.href}`, { cause: this.#failure });
  }

  #ageMs(): number {
    return this.#options.steadyMs() - this.#fetchedAtMs;
  }

  #mayAsk(pauseMs: number): boolean {
    return this.#fetching !== undefined || this.#options.steadyMs() - this.#askedAtMs >= pauseMs;
  }

  /** One request for all who wait. What fails leaves the keys there are. */
  #renew(): Promise<void> {
    if (!this.#mayAsk(this.#keys === undefined ? retryAfterMs : cooldownMs)) return Promise.resolve();
    this.#fetching ??= this.#fetch().then(
      (keys) => {
        this.#keys = keys;
        this.#fetchedAtMs = this.#options.steadyMs();
        this.#fetching = undefined;
      },
      (error: unknown) => {
        this.#failure = error;
        this.#fetching = undefined;
      },
    );
    return this.#fetching;
  }

  async #fetch(): Promise<readonly VerificationKey[]> {
    const { algorithms, fetch, steadyMs, url } = this.#options;
    this.#askedAtMs = steadyMs();
    // A redirect would let whoever controls that host choose another.
    const response = await fetch(url, {
      redirect: "error",
      headers: { Accept: "application/json" },
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (!response.ok) throw new Error(`Cannot get keys: it answered ${response.status}`);
    // What is published to everybody is no secret.
    return readKeySet(
      JSON.parse(await readText(response)),
      algorithms.filter((one) => !one.startsWith("HS")),
    );
  }
}

async function readText({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBodyBytes) throw new Error(`Cannot read keys of more than ${maxBodyBytes} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text;
}
