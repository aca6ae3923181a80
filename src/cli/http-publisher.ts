import { once } from "node:events";
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { ConnectionOptions as TlsOptions } from "node:tls";
import { type Durability, isObject } from "../wire/index.ts";
import { LineError, type LineErrorCode } from "./gateway-line.ts";
import type { Outcome, Outgoing, Publisher } from "./publisher.ts";

export interface HttpPublisherOptions {
  /** Of the operator's port; what follows its path is `/v1/publish`. */
  readonly url: URL;
  readonly key: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsOptions;
  readonly timeoutMs: number;
}

interface Answer {
  readonly status: number;
  readonly retryAfterS: number;
  readonly body: unknown;
}

/** More than any answer of the API to a publish. */
const maxAnswerBytes = 64 * 1024;

/** Publishes over the HTTP API of a gateway (chapter Operating it), as the server itself. */
export class HttpPublisher implements Publisher {
  readonly #options: HttpPublisherOptions;
  isReached = false;

  constructor(options: HttpPublisherOptions) {
    this.#options = options;
  }

  async publish({ channel, data, event, id }: Outgoing, firstTriedMs: number | undefined): Promise<Outcome> {
    const head = JSON.stringify({ channel, event, retryAfterFirstMs: firstTriedMs });
    const answer = await this.#post(`${head.slice(0, -1)},"data":${data}}`, id);
    this.isReached = true;
    if (answer.status !== 200) throw refusal(answer);
    return readOutcome(answer.body);
  }

  async end(): Promise<void> {}

  /** @throws {LineError} `SILENT` for a server that is not there. */
  async #post(body: string, id: string): Promise<Answer> {
    const { headers, key, timeoutMs, tls, url } = this.#options;
    const signal = AbortSignal.timeout(timeoutMs);
    const target = new URL(`${url.pathname.replace(/\/$/, "")}/v1/publish`, url);
    const request = (url.protocol === "https:" ? requestHttps : requestHttp)(target, {
      method: "POST",
      headers: {
        ...(key === undefined ? {} : { Authorization: `Bearer ${key}` }),
        ...headers,
        "Content-Type": "application/json",
        "Content-Length": Buffer.byteLength(body),
        "Idempotency-Key": id,
      },
      ...(url.protocol === "https:" ? tls : {}),
      signal,
    });
    try {
      request.end(body);
      // An event of Node's: its first argument is the answer.
      const [response] = (await once(request, "response")) as [import("node:http").IncomingMessage];
      let text = "";
      for await (const chunk of response.setEncoding("utf8")) {
        if (text.length < maxAnswerBytes) text += String(chunk);
      }
      const after = Number(response.headers["retry-after"] ?? NaN);
      return { status: response.statusCode ?? 0, retryAfterS: after, body: parse(text) };
    } catch (error) {
      if (signal.aborted) throw new LineError("SILENT", `${url.origin} gave no answer within ${timeoutMs} ms`);
      const reason = error instanceof Error ? error.message || String(Object(error).code) : String(error);
      throw new LineError("SILENT", `${url.origin} cannot be asked: ${reason}`);
    }
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refusal({ body, retryAfterS, status }: Answer): LineError {
  const { code, message } = isObject(body) ? body : {};
  if (typeof code !== "string" || typeof message !== "string") {
    return new LineError("NO_GATEWAY", `The answer was ${status}: there is no API of a gateway at this address`);
  }
  // A code of a newer gateway is handed on as it is.
  const known = code as LineErrorCode;
  return new LineError(known, message, { retryAfterMs: retryAfterS >= 0 ? retryAfterS * 1_000 : undefined });
}

function readOutcome(body: unknown): Outcome {
  const { duplicate, durability, epoch, offset, stored, tag } = isObject(body) ? body : {};
  if (stored === false) return { type: "told" };
  if (typeof epoch !== "string" || typeof offset !== "number" || typeof tag !== "number") {
    throw new LineError("NO_GATEWAY", "The answer was 200, but says no position: there is no gateway at this address");
  }
  const level = durability as Durability; // for people: it is printed as it came
  return { type: "stored", position: { epoch, offset, tag }, durability: level, duplicate: duplicate === true };
}
