import type { UpgradeRequest } from "../engine/index.ts";
import type { AuthorizeQuestion, Failed, Questions, Results } from "../gateway/index.ts";
import {
  errorCodes,
  type EventDefinition,
  type PublishContext,
  type StoredMessage,
  textRules,
  type User,
} from "../wire/index.ts";
import { stringify } from "./binary.ts";
import type { ServerChannel } from "./channel.ts";
import { checkSchema } from "./check-schema.ts";
import {
  type Authenticated,
  digest,
  type Identification,
  readIdentification,
  type Refused,
  shortDigest,
} from "./credentials.ts";
import { Gate } from "./gate.ts";
import type { Log } from "./log.ts";
import type { Machine } from "./machine.ts";
import type { Meters } from "./operate/meters.ts";
import { Refusal } from "./refusal.ts";
import type { Recognisable } from "./revocations.ts";
import type { ServerCall } from "./rpc.ts";
import { ownChannelsOf } from "./user-channel.ts";
import type { Verdicts } from "./verdicts.ts";

/** What `authenticate` decides about. */
export interface AuthenticateRequest {
  /** What the client's `token` option gave; undefined for a guest. */
  readonly token: string | undefined;
  /** 128 random bits in hex that the client's device keeps: secret, the same at every connection of it. */
  readonly device: string;
  /**
   * The handshake: headers, cookies, and the client's address, as far as `trustedProxies` tell it. Without a ticket, and without the
   * headers that only make a WebSocket of it (`connection`, `upgrade`, `sec-websocket-*`).
   */
  readonly request: UpgradeRequest;
}

/**
 * Says who it is: a user, or a user and what else the credentials say. `undefined` and `{ refused }` refuse (close code 4500: the
 * client does not try again). Asked for each connection, and again when a client sends newer credentials.
 */
export type Authenticate = (request: AuthenticateRequest) => Identification | Promise<Identification>;

export interface HooksOptions {
  readonly authenticate: Authenticate;
  readonly channels: Readonly<Record<string, ServerChannel>>;
  readonly timeoutMs: number;
  readonly callTimeoutMs: number;
  readonly maxPendingCount: number;
  readonly isRevoked: (credentials: Recognisable, nowMs: number) => boolean;
  readonly verdicts: Verdicts;
  /** Reads one message of a log, for an event's `handle`. */
  readonly readMessage: (channel: string, offset: number) => Promise<StoredMessage | undefined>;
  readonly log: Log;
  readonly machine: Machine;
  readonly meters: Meters;
}

/** Gets a result at once, or when a promise is settled. */
export type Then<Result> = (result: Result) => void;

/** Everybody is welcome: a guest's id is the same as long as the device's is, and does not give it away. */
export function authenticateGuest({ device }: AuthenticateRequest): User {
  return { id: `guest-${shortDigest(device)}` };
}

/** The application's functions, run so that whatever they do is a result: what throws, rejects or hangs is a logged no. */
export class Hooks {
  readonly #options: HooksOptions;

  /** A call may well take its time: how many there are is limited by connection. */
  readonly #gates: Readonly<Record<Hook, Gate>>;

  constructor(options: HooksOptions) {
    this.#options = options;
    const gate = (): Gate => new Gate(options.maxPendingCount);
    this.#gates = {
      authenticate: gate(),
      authorize: gate(),
      validate: gate(),
      handle: gate(),
      call: new Gate(Infinity),
    };
  }

  authenticate(request: AuthenticateRequest, then: Then<Results["authenticate"]>): void {
    this.#identify(() => this.#options.authenticate(request), request, then);
  }

  /** Takes what a ticket says: its issuer has asked who it is. */
  redeem(ticket: Authenticated | Refused, request: AuthenticateRequest, then: Then<Results["authenticate"]>): void {
    this.#identify(() => ticket, request, then);
  }

  #identify(
    ask: () => Identification | Promise<Identification>,
    request: AuthenticateRequest,
    then: Then<Results["authenticate"]>,
  ): void {
    this.#run(
      "authenticate",
      () => {
        const answer = ask();
        return isPromise(answer)
          ? Promise.resolve(answer).then((late) => this.#judge(late, request))
          : this.#judge(answer, request);
      },
      (judged) => then(judged.type === "failed" ? judged : judged.value),
    );
  }

  #refuse(reason: string, { request }: AuthenticateRequest): { readonly type: "refused" } {
    this.#options.log.warn({ reason, remoteAddress: request.remoteAddress }, "Credentials were refused");
    return { type: "refused" };
  }

  #judge(answer: Identification, request: AuthenticateRequest): Results["authenticate"] {
    const { device } = request;
    const nowMs = this.#options.machine.wallMs();
    const read = readIdentification(answer, { device, nowMs });
    if (read.type === "refused") return this.#refuse(read.reason, request);
    const { expiresAtMs = Infinity, identity, issuedAtMs, tokenId } = read;
    const userId = identity.user.id;
    if (this.#options.isRevoked({ userId, tokenId, issuedAtMs }, nowMs)) {
      return this.#refuse(`the credentials of "${userId}" were revoked`, request);
    }
    const own = ownChannelsOf(this.#options.channels, identity.user.id);
    const accepted = { type: "accepted", identity, ...(own.length === 0 ? {} : { channels: own }) } as const;
    return expiresAtMs === Infinity ? accepted : { ...accepted, expiresInMs: expiresAtMs - nowMs };
  }

  authorize({ definition, ...request }: AuthorizeQuestion, then: Then<Results["authorize"]>): void {
    const channel = this.#options.channels[definition];
    if (channel?.authorize === undefined) return then({ type: "allowed" });
    const ask = (): boolean | Promise<boolean> | undefined => channel.authorize?.({ claims: {}, ...request });
    this.#run("authorize", ask, (answer) => {
      if (answer.type === "failed") return then(answer);
      // A function that forgets to return says undefined, which is not yes.
      then(answer.value === true ? { type: "allowed" } : { type: "denied" });
    });
  }

  /** Judges by the event's schema, and lets its `handle` see what a client sent. */
  validate(question: Questions["validate"], then: Then<Results["validate"]>): void {
    const { context, data, definition, event } = question;
    const declared = this.#options.channels[definition]?.events[event];
    if (declared === undefined) return then({ type: "invalid", reason: "there is no such event" });
    this.#run(
      "validate",
      () => checkSchema(declared.schema, data),
      (answer) => {
        const checked = answer.type === "value" ? answer.value : answer;
        if (checked.type !== "value") return then(checked);
        if (context === undefined || declared.handle === undefined) return this.#finish(declared, checked.value, then);
        const { channel, messageId, user } = context;
        const handle = (settle: typeof then): void => this.#handle(declared, { value: checked.value, context }, settle);
        if (messageId === undefined) return handle(then);
        const key = digest(JSON.stringify([channel, user.id, messageId, event, data]));
        this.#options.verdicts.judge(key, handle, then);
      },
    );
  }

  #handle(
    declared: EventDefinition,
    { context, value }: { readonly value: unknown; readonly context: PublishContext },
    then: Then<Results["validate"]>,
  ): void {
    this.#run(
      "handle",
      () => {
        const messageAt = (offset: number): Promise<StoredMessage | undefined> =>
          this.#options.readMessage(context.channel, offset);
        return declared.handle?.(value, { ...context, messageAt });
      },
      (handled) => {
        if (handled.type === "failed") return then(handled);
        this.#finish(declared, handled.value === undefined ? value : handled.value, then);
      },
    );
  }

  /** Lets a call be answered. */
  call(question: Questions["call"], then: Then<Results["call"]>): void {
    const { data, definition, method, channel, claims, member, params, user } = question;
    const calls: Readonly<Record<string, ServerCall>> = this.#options.channels[definition]?.calls ?? {};
    const declared = calls[method];
    if (declared === undefined) return then({ type: "invalid", reason: "there is no such call" });
    this.#run(
      "call",
      () => checkSchema(declared.schema, data),
      (answer) => {
        const checked = answer.type === "value" ? answer.value : answer;
        if (checked.type !== "value") return then(checked);
        const abort = new AbortController();
        const context = { channel, claims, member, params, user, signal: abort.signal };
        const ask = async (): Promise<string | undefined> => {
          const result = await declared.answer(checked.value, context);
          return result === undefined ? undefined : toJson(result);
        };
        this.#run("call", ask, (made) => {
          if (made.type === "failed") abort.abort();
          if (made.type === "failed") return then(made);
          then(made.value === undefined ? { type: "answered" } : { type: "answered", data: made.value });
        });
      },
    );
  }

  #finish(declared: EventDefinition, value: unknown, then: Then<Results["validate"]>): void {
    this.#run(
      "validate",
      () => ({ data: toJson(value), ...keyOf(declared, value) }),
      (made) => {
        if (made.type === "failed") return then(made);
        const key: unknown = "key" in made.value ? made.value.key : "";
        if (typeof key === "string" && textRules.key.pattern.test(key)) return then({ type: "valid", ...made.value });
        then({ type: "invalid", reason: `its key must be ${textRules.key.means}` });
      },
    );
  }

  #run<Value>(
    hook: Hook,
    ask: () => Value | Promise<Value>,
    then: Then<{ readonly type: "value"; readonly value: Value } | Failed>,
  ): void {
    const fail = (error: unknown): void => {
      if (error instanceof Refusal) {
        return then({ type: "failed", error: { code: `app:${error.code}`, message: error.message } });
      }
      this.#options.meters.hookFailed(hook);
      this.#options.log.error({ hook, error }, `The hook ${hook} failed`);
      const isLate = hook === "call" && error instanceof LateError;
      if (isLate) return then({ type: "failed", error: { code: "TIMEOUT", message: errorCodes.TIMEOUT } });
      then({ type: "failed", error: { code: "INTERNAL", message: `The server failed to ${hook}; it has logged why` } });
    };
    const { callTimeoutMs, machine, timeoutMs } = this.#options;
    const within = { machine, timeoutMs: hook === "call" ? callTimeoutMs : timeoutMs };
    this.#gates[hook].enter((leave) => {
      const done = (value: Value): void => {
        leave();
        then({ type: "value", value });
      };
      const failed = (error: unknown): void => {
        leave();
        fail(error);
      };
      settle(ask, { done, failed, within });
    });
  }
}

/** Calls `done` or `failed` at once, or when the promise is settled. */
function settle<Value>(
  ask: () => Value | Promise<Value>,
  {
    done,
    failed,
    within,
  }: {
    readonly done: (value: Value) => void;
    readonly failed: (error: unknown) => void;
    readonly within: Pick<HooksOptions, "machine" | "timeoutMs">;
  },
): void {
  let answer: Value | Promise<Value>;
  try {
    answer = ask();
  } catch (error) {
    return failed(error);
  }
  if (isPromise(answer)) void withTimeout(answer, within).then(done, failed);
  else done(answer);
}

type Hook = "authenticate" | "authorize" | "validate" | "handle" | "call";

/** A hook took too long. */
class LateError extends Error {
  override readonly name = "LateError";
}

function isPromise<Value>(answer: Value | Promise<Value>): answer is Promise<Value> {
  return typeof answer === "object" && answer !== null && "then" in answer;
}

async function withTimeout<Value>(
  answer: Promise<Value>,
  { machine, timeoutMs }: Pick<HooksOptions, "machine" | "timeoutMs">,
): Promise<Value> {
  let cancel: (() => void) | undefined;
  const late = new Promise<never>((_, reject) => {
    if (timeoutMs !== Infinity) {
      cancel = machine.after(timeoutMs, () => reject(new LateError(`No answer within ${timeoutMs} ms`)));
    }
  });
  return Promise.race([answer, late]).finally(() => cancel?.());
}

function keyOf(declared: EventDefinition, data: unknown): { readonly key?: string } {
  return declared.by === undefined ? {} : { key: declared.by(data) };
}

function toJson(value: unknown): string {
  const text = stringify(value);
  if (text === undefined) throw new TypeError("Cannot send what the schema made of the data: it is no JSON value");
  return text;
}
