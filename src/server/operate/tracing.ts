import type * as OpenTelemetry from "@opentelemetry/api";
import type { AppendRequest, Results } from "../../gateway/index.ts";

type Api = typeof OpenTelemetry;

/** The scope that all spans are of. */
const scope = "switchboard";
/** So many publishes may wait to be delivered; past it the oldest one's delivery has no span. */
const maxWaitingCount = 1024;

/** A publish that waits for its delivery. */
interface Waiting {
  readonly parent: OpenTelemetry.Context;
  readonly pattern: string;
  readonly offsetMs: number;
}

/** An append that is traced. */
interface AppendTrace {
  end(result: Results["append"], steadyMs: number): void;
}

/** On the steady clock: when the request was started, and now. */
interface AppendTimes {
  readonly startedMs: number;
  readonly steadyMs: number;
}

/** Of the tracing, what is used: its types name no package, for OpenTelemetry's is optional. */
export interface Tracing {
  within<Result>(headers: object, work: () => Result): Result;
  append(request: AppendRequest, times: AppendTimes): AppendTrace | undefined;
  delivered(
    entry: { readonly channel: string; readonly tag: number },
    told: { readonly receiverCount: number; readonly startMs: number; readonly endMs: number },
  ): void;
}

/**
 * Spans from publish to delivery. `publish` begins when the request is started and ends when the event is stable; within it `append` is the
 * store's part. `deliver` is what one node sends to its subscribers, a child of `publish` too.
 */
class OpenTelemetryTracing implements Tracing {
  readonly #api: Api;
  readonly #tracer: OpenTelemetry.Tracer;
  readonly #patternOf: (channel: string) => string | undefined;
  /** By the tag of the append, which its entry carries. */
  readonly #waiting = new Map<number, Waiting>();

  constructor(api: Api, tracer: OpenTelemetry.Tracer, patternOf: (channel: string) => string | undefined) {
    this.#api = api;
    this.#tracer = tracer;
    this.#patternOf = patternOf;
  }

  /** Runs `work` as a part of what its caller does, if the headers say what that is (W3C Trace Context). */
  within<Result>(headers: object, work: () => Result): Result {
    const { context, propagation } = this.#api;
    return context.with(propagation.extract(context.active(), headers), work);
  }

  /** The event is handed to the store. One of no channel that anybody declared is our own business: nothing. */
  append(
    { channel, event, messageId, nowMs, tag }: AppendRequest,
    { startedMs, steadyMs }: AppendTimes,
  ): AppendTrace | undefined {
    const pattern = this.#patternOf(channel);
    if (pattern === undefined) return undefined;
    const offsetMs = nowMs - steadyMs;
    const { context, SpanKind, SpanStatusCode, trace } = this.#api;
    const attributes = { ...describe(channel, pattern), "messaging.message.id": messageId, "switchboard.event": event };
    const publish = this.#tracer.startSpan(`publish ${pattern}`, {
      kind: SpanKind.PRODUCER,
      attributes: { ...attributes, "messaging.operation.type": "send" },
      startTime: toTime(offsetMs + startedMs),
    });
    const parent = trace.setSpan(context.active(), publish);
    const append = this.#tracer.startSpan(
      "append",
      { kind: SpanKind.INTERNAL, attributes, startTime: toTime(nowMs) },
      parent,
    );
    this.#await(tag, { parent, pattern, offsetMs });
    return {
      end: (result, endedMs) => {
        const endTime = toTime(offsetMs + endedMs);
        if (result.type === "stored" || result.type === "duplicate") {
          publish.setAttribute("switchboard.offset", result.position.offset);
        } else publish.setStatus({ code: SpanStatusCode.ERROR, message: result.type });
        publish.setAttribute("switchboard.result", result.type);
        append.end(endTime);
        publish.end(endTime);
      },
    };
  }

  /** The entry has been sent to those who are subscribed here. One that this node did not publish has no span. */
  delivered(
    { channel, tag }: { readonly channel: string; readonly tag: number },
    {
      endMs,
      receiverCount,
      startMs,
    }: { readonly receiverCount: number; readonly startMs: number; readonly endMs: number },
  ): void {
    const waiting = this.#waiting.get(tag);
    if (waiting === undefined) return;
    this.#waiting.delete(tag);
    const { offsetMs, parent, pattern } = waiting;
    const attributes = {
      ...describe(channel, pattern),
      "messaging.operation.type": "process",
      "switchboard.receiver_count": receiverCount,
    };
    const options = { kind: this.#api.SpanKind.CONSUMER, attributes, startTime: toTime(offsetMs + startMs) };
    this.#tracer.startSpan(`deliver ${pattern}`, options, parent).end(toTime(offsetMs + endMs));
  }

  #await(tag: number, waiting: Waiting): void {
    this.#waiting.set(tag, waiting);
    const [oldest] = this.#waiting.keys();
    if (this.#waiting.size > maxWaitingCount && oldest !== undefined) this.#waiting.delete(oldest);
  }
}

/** The tracing of the process's OpenTelemetry SDK; nothing where there is none, so that nothing is made that nobody collects. */
export async function findTracing(
  patternOf: (channel: string) => string | undefined,
  // A variable, so that the package is needed neither to compile nor to bundle.
  name: string = "@opentelemetry/api",
): Promise<Tracing | undefined> {
  // An optional peer: whoever has an SDK has it.
  const api = await import(name).then(
    (module: Api) => module,
    () => undefined,
  );
  const provider = api?.trace.getTracerProvider();
  if (api === undefined || provider === undefined) return undefined;
  // The API stands in for an SDK that is registered later, or never; only one that is there by now counts.
  if ("getDelegateTracer" in provider && delegateOf(provider) === undefined) return undefined;
  return new OpenTelemetryTracing(api, provider.getTracer(scope), patternOf);
}

/** All spans of one message are timed by one clock, so that they lie within each other: those of the SDK are a millisecond apart. */
function toTime(ms: number): OpenTelemetry.HrTime {
  return [Math.floor(ms / 1_000), Math.round((ms % 1_000) * 1_000_000)];
}

/** https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/ */
function describe(channel: string, pattern: string): OpenTelemetry.Attributes {
  return {
    "messaging.system": scope,
    "messaging.destination.name": channel,
    "messaging.destination.template": pattern,
  };
}

function delegateOf(provider: object): unknown {
  return (provider as OpenTelemetry.ProxyTracerProvider).getDelegateTracer(scope);
}
