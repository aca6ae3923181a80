import { setTimeout as delay } from "node:timers/promises";
import { BrokerError } from "../../gateway/index.ts";
import type { Deadline } from "./deadline.ts";
import type { NatsMessage } from "./nats-client.ts";
import type { ApiError } from "./nats-error.ts";
import type { NatsLink } from "./nats-link.ts";

/** What the JetStream API answers. */
export interface Answer {
  readonly error?: ApiError;
  readonly [name: string]: unknown;
}

export interface Call {
  readonly subject: string;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly action: string;
  readonly deadline: Deadline;
}

export interface Asker {
  readonly link: NatsLink;
  /** Called when nobody answers for the stream, or not for a while. What it throws ends the call. */
  readonly onMissing?: (action: string) => Promise<void>;
}

/** A server that is silent may have just lost its part in the stream. Asking again is safe: reads store nothing, appends carry their id. */
export const silenceMs = 1_000;
export const noStream = 10_059;
/** No leader, or too few servers, at the moment. */
const leaderless: readonly number[] = [10_005, 10_008, 10_009];
const restMs = 100;

/** Asks again until the deadline while the stream has no leader. */
export async function callApi(asker: Asker, call: Call): Promise<Answer> {
  for (;;) {
    const message = await askUntil(asker, call);
    // A `as`: whoever asks knows what the answer to it holds.
    const answer = JSON.parse(message.string()) as Answer;
    const code = answer.error?.err_code ?? 0;
    const isAway = leaderless.includes(code) || (code === noStream && asker.onMissing !== undefined);
    if (!isAway || call.deadline.leftMs <= restMs) return answer;
    if (code === noStream) await asker.onMissing?.(call.action);
    await delay(restMs);
  }
}

/** Asks again until the deadline while nobody answers. @throws {BrokerError} then, and when the connection is gone. */
export async function askUntil({ link, onMissing }: Asker, call: Call): Promise<NatsMessage> {
  const { action, body, deadline, headers, subject } = call;
  const payload = typeof body === "string" ? body : JSON.stringify(body);
  const question = { subject, payload, action, ...(headers === undefined ? {} : { headers }) };
  for (let reason = `no answer within ${deadline.timeoutMs} ms`; ;) {
    const message = await link.ask({ ...question, withinMs: Math.min(deadline.leftMs, silenceMs) });
    const isNobody = message?.headers?.code === 503;
    if (message !== undefined && !isNobody) return message;
    if (isNobody) reason = "nobody answers for the stream: is JetStream enabled, and has the stream a leader?";
    if (deadline.leftMs <= (isNobody ? restMs : 0)) {
      throw new BrokerError("STORAGE_UNAVAILABLE", `Cannot ${action}: ${reason}`);
    }
    // Silence may be of a stream that is gone: servers 2.9 still listen for direct gets of it. Who is busy is not waited for.
    await (isNobody ? onMissing?.(action) : Promise.race([onMissing?.(action), delay(restMs)]));
    if (isNobody) await delay(restMs);
  }
}
