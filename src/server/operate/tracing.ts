import type * as OpenTelemetry from "@opentelemetry/api";
import type { AppendDraft, Results } from "../../gateway/index.ts";

type Api = typeof OpenTelemetry;

/** The scope that all spans are of. */
const scope = "switchboard";
/** So many publishes may wait to be delivered; past it the oldest one's delivery has no span. */
const maxWaitingCount = 1024;

/** An append that is traced. */
export interface AppendTrace {
  end(result: Results["append"]): void;
}

/**
 * Spans from publish to delivery. `publish` begins when the request is started and ends when the event is stable; within it `append` is the
 * store's part. `deliver` is what one node sends to its subscribers, a child of `publish` too.
 */
export class Tracing {
  readonly #api: Api;
  readonly #tracer: OpenTelemetry.Tracer;
  readonly #patternOf: (channel: string) => string | undefined;
  /** By the tag of the append, which its entry carries. */
  readonly #waiting = new Map<number, OpenTelemetry.Context>();

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

  /** The event is handed to the store. */
  append({ channel, event, messageId, startedMs }: AppendDraft, tag: number): AppendTrace {
    const { context, SpanKind, SpanStatusCode, trace } = this.#api;
    const attributes = { ...this.#describe(channel), "messaging.message.id": messageId, "switchboard.event": event };
    const publish = this.#tracer.startSpan(`publish ${this.#patternOf(channel) ?? "channel"}`, {
      kind: SpanKind.PRODUCER,
      attributes: { ...attributes, "messaging.operation.type": "send" },
      ...(startedMs === undefined ? {} : { startTime: startedMs }),
    });
    const parent = trace.setSpan(context.active(), publish);
    const append = this.#tracer.startSpan("append", { kind: SpanKind.INTERNAL, attributes }, parent);
    this.#await(tag, parent);
    return {
      end: (result) => {
        if (result.type === "stored" || result.type === "duplicate") {
          publish.setAttribute("switchboard.offset", result.position.offset);
        } else publish.setStatus({ code: SpanStatusCode.ERROR, message: result.type });
        publish.setAttribute("switchboard.result", result.type);
        if (result.type !== "stored") this.#waiting.delete(tag);
        append.end();
        publish.end();
      },
    };
  }

  /** The entry has been sent to those who are subscribed here. One that this node did not publish has no span. */
  delivered(
    { channel, tag }: { readonly channel: string; readonly tag: number },
    { receiverCount, startMs }: { readonly receiverCount: number; readonly startMs: number },
  ): void {
    const parent = this.#waiting.get(tag);
    if (parent === undefined) return;
    this.#waiting.delete(tag);
    const attributes = {
      ...this.#describe(channel),
      "messaging.operation.type": "process",
      "switchboard.receiver_count": receiverCount,
    };
    const options = { kind: this.#api.SpanKind.CONSUMER, attributes, startTime: startMs };
    this.#tracer.startSpan(`deliver ${this.#patternOf(channel) ?? "channel"}`, options, parent).end();
  }

  #describe(channel: string): OpenTelemetry.Attributes {
    const template = this.#patternOf(channel);
    return {
      "messaging.system": scope,
      "messaging.destination.name": channel,
      ...(template === undefined ? {} : { "messaging.destination.template": template }),
    };
  }

  #await(tag: number, parent: OpenTelemetry.Context): void {
    this.#waiting.set(tag, parent);
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
  return new Tracing(api, provider.getTracer(scope), patternOf);
}

function delegateOf(provider: object): unknown {
  return (provider as OpenTelemetry.ProxyTracerProvider).getDelegateTracer(scope);
}
