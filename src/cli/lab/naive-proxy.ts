import { HeadReader, headerPairs, parseRequestLine } from "../../protocol/index.ts";

/** Answers a request that a cache has not. Undefined: not at all. */
export type Origin = (request: Uint8Array) => Uint8Array | undefined;

/** What the proxy did with what it read as a request. */
export type ProxyStep =
  | { readonly type: "forwarded"; readonly key: string; readonly request: Uint8Array; readonly response: Uint8Array }
  | { readonly type: "cached"; readonly key: string; readonly response: Uint8Array }
  | { readonly type: "refused"; readonly reason: string };

/**
 * A caching proxy from before WebSocket, as Huang et al. found them in 2011 ("Talking to Yourself for Fun and Profit"): it does not know
 * `Upgrade`, so what follows an answer is the next request. It sends on by connection, and keeps answers by what `Host` says.
 */
export class NaiveProxy {
  readonly #cache = new Map<string, Uint8Array>();

  /** What a person behind it is given for `http://host/path`; undefined when it would have to ask. */
  find(key: string): Uint8Array | undefined {
    return this.#cache.get(key);
  }

  /** Takes the bytes of one connection, which leads to `origin`. */
  receive(bytes: Uint8Array, origin: Origin): readonly ProxyStep[] {
    const steps: ProxyStep[] = [];
    for (let rest = skipStray(bytes); rest.length > 0; rest = skipStray(rest)) {
      const result = new HeadReader(parseRequestLine).receive(rest);
      if (result === undefined) break; // waits for more
      if (result.type === "fault") return [...steps, { type: "refused", reason: result.reason }];
      const host = headerPairs(result.head.rawHeaders).find(([name]) => name.toLowerCase() === "host")?.[1] ?? "";
      const request = rest.subarray(0, result.headBytes);
      steps.push(...this.#serve(`http://${host}${result.head.target}`, request, origin));
      rest = result.rest;
    }
    const hasNone = steps.length === 0 && bytes.length > 0;
    return hasNone ? [{ type: "refused", reason: "Cannot read what came: no request begins in it" }] : steps;
  }

  #serve(key: string, request: Uint8Array, origin: Origin): readonly ProxyStep[] {
    const kept = this.#cache.get(key);
    if (kept !== undefined) return [{ type: "cached", key, response: kept }];
    const response = origin(request);
    if (response === undefined) return [];
    this.#cache.set(key, response);
    return [{ type: "forwarded", key, request, response }];
  }
}

/** It forgives what stands before a request, as many did with a stray empty line, and so skips the header of a frame. */
function skipStray(bytes: Uint8Array): Uint8Array {
  const start = new TextDecoder("latin1").decode(bytes).indexOf("GET ");
  return start < 0 ? new Uint8Array() : bytes.subarray(start);
}
