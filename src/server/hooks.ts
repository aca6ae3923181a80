import type { UpgradeRequest } from "../engine/index.ts";
import type { AuthorizeQuestion, Failed, Questions, Results } from "../gateway/index.ts";
import { type EventDefinition, type SchemaIssue, type SchemaResult, textRules, type User } from "../wire/index.ts";
import { stringify } from "./binary.ts";
import type { ServerChannel } from "./channel.ts";
import { digest, type Identification, readIdentification } from "./credentials.ts";
import type { Log } from "./log.ts";
import type { Machine } from "./machine.ts";

/** What `authenticate` decides about. */
export interface AuthenticateRequest {
  /** What the client's `token` option gave; undefined for a guest. */
  readonly token: string | undefined;
  /** 128 random bits in hex that the client's device keeps: secret, the same at every connection of it. */
  readonly device: string;
  /** The handshake: headers, cookies, address. */
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
  readonly log: Log;
  readonly machine: Machine;
}

/** Gets a result at once, or when a promise is settled. */
export type Then<Result> = (result: Result) => void;

/** Everybody is welcome: a guest's id is the same as long as the device's is, and does not give it away. */
export function authenticateGuest({ device }: AuthenticateRequest): User {
  return { id: `guest-${digest(device).slice(0, 16)}` };
}

/** The application's functions, run so that whatever they do is a result: what throws, rejects or hangs is a logged no. */
export class Hooks {
  readonly #options: HooksOptions;

  constructor(options: HooksOptions) {
    this.#options = options;
  }

  authenticate(request: AuthenticateRequest, then: Then<Results["authenticate"]>): void {
    const ask = (): Identification | Promise<Identification> => this.#options.authenticate(request);
    this.#run("authenticate", ask, (answer) => {
      if (answer.type === "failed") return then(answer);
      this.#run(
        "authenticate",
        () => this.#judge(answer.value, request),
        (judged) => then(judged.type === "failed" ? judged : judged.value),
      );
    });
  }

  #judge(answer: Identification, { device }: AuthenticateRequest): Results["authenticate"] {
    const nowMs = this.#options.machine.wallMs();
    const read = readIdentification(answer, { device, nowMs });
    if (read.type === "refused") {
      this.#options.log.warn({ reason: read.reason }, "Credentials were refused");
      return { type: "refused" };
    }
    const { expiresAtMs = Infinity, identity } = read;
    if (expiresAtMs === Infinity) return { type: "accepted", identity };
    return { type: "accepted", identity, expiresInMs: expiresAtMs - nowMs };
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

  validate({ data, definition, event }: Questions["validate"], then: Then<Results["validate"]>): void {
    const declared = this.#options.channels[definition]?.events[event];
    const ask = (): SchemaResult<unknown> | Promise<SchemaResult<unknown>> | undefined =>
      declared?.schema["~standard"].validate(data);
    this.#run("validate", ask, (answer) => {
      if (answer.type === "failed") return then(answer);
      const result = answer.value;
      if (result?.issues !== undefined) return then({ type: "invalid", reason: describeIssue(result.issues[0]) });
      this.#run(
        "validate",
        () => ({ data: toJson(result?.value), ...keyOf(declared, result?.value) }),
        (made) => {
          if (made.type === "failed") return then(made);
          const key: unknown = "key" in made.value ? made.value.key : "";
          if (typeof key === "string" && textRules.key.pattern.test(key)) return then({ type: "valid", ...made.value });
          then({ type: "invalid", reason: `its key must be ${textRules.key.means}` });
        },
      );
    });
  }

  #run<Value>(
    hook: string,
    ask: () => Value | Promise<Value>,
    then: Then<{ readonly type: "value"; readonly value: Value } | Failed>,
  ): void {
    const fail = (error: unknown): void => {
      this.#options.log.error({ hook, error }, `The hook ${hook} failed`);
      then({ type: "failed", error: { code: "INTERNAL", message: `The server failed to ${hook}; it has logged why` } });
    };
    let answer: Value | Promise<Value>;
    try {
      answer = ask();
    } catch (error) {
      return fail(error);
    }
    if (!isPromise(answer)) return then({ type: "value", value: answer });
    withTimeout(answer, this.#options).then((value) => then({ type: "value", value }), fail);
  }
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
      cancel = machine.after(timeoutMs, () => reject(new Error(`No answer within ${timeoutMs} ms`)));
    }
  });
  return Promise.race([answer, late]).finally(() => cancel?.());
}

function keyOf(declared: EventDefinition | undefined, data: unknown): { readonly key?: string } {
  return declared?.by === undefined ? {} : { key: declared.by(data) };
}

function toJson(value: unknown): string {
  const text = stringify(value);
  if (text === undefined) throw new TypeError("Cannot send what the schema made of the data: it is no JSON value");
  return text;
}

/** The field that is wrong, and why: `text: too long`. */
function describeIssue(issue: SchemaIssue | undefined): string {
  if (issue === undefined) return "it does not fit the schema";
  const path = (issue.path ?? []).map((step) => String(typeof step === "object" ? step.key : step));
  return path.length === 0 ? issue.message : `${path.join(".")}: ${issue.message}`;
}
