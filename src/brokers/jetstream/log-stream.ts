import { setTimeout as delay } from "node:timers/promises";
import { BrokerError } from "../../gateway/index.ts";
import type { Deadline } from "./deadline.ts";
import { type Located, type LogRecord, readRecord, writeRecord } from "./log-record.ts";
import type { NatsMessage } from "./nats-client.ts";
import { type Answer, askUntil, type Asker, type Call, callApi, silenceMs } from "./ask-api.ts";
import { toBrokerError } from "./nats-error.ts";
import type { NatsLink } from "./nats-link.ts";
import type { Subjects } from "./subjects.ts";

export interface LogStreamOptions {
  readonly link: NatsLink;
  readonly name: string;
  readonly subjects: Subjects;
  readonly facts: StreamFacts;
  /** Called when nobody answers for the stream: it may have to be made again. */
  readonly onMissing: () => Promise<void>;
}

/** What a stream is kept by. */
interface StreamFacts {
  readonly replicaCount: number;
  /** Of the server. */
  readonly version: string;
}

/** A place in the stream to read from. */
export type Place =
  | { readonly last_by_subj: string }
  | { readonly next_by_subj: string; readonly seq: number }
  | { readonly seq: number };

/** The last message of a stream: 0 and nothing, where there is none. */
export interface StreamEnd {
  readonly seq: number;
  /** When it was stored: two messages that had one number after the other differ in it. */
  readonly stamp: string;
}

export interface Draft {
  readonly subject: string;
  readonly record: LogRecord;
  /** Of the subject's last message; 0 for none. */
  readonly expectedSeq: number;
  /** An id that was stored within the duplicate window is not stored again. */
  readonly id: string;
}

export type Appended =
  | { readonly type: "stored"; readonly seq: number }
  | { readonly type: "duplicate"; readonly seq: number }
  /** Something else is the last of the subject by now. */
  | { readonly type: "behind" }
  /** Nothing was compared: a write to the subject or with the id is under way, maybe our own last one. */
  | { readonly type: "busy" };

const noMessage = 10_037;
const wrongLastId = 10_070;
const wrongLastSequence = 10_071;
/** Since 2.11, and only with several replicas. */
const underWay: readonly number[] = [10_158, 10_164];
/** While another write is under way. */
const busyMs = 2;

/** One stream, by the subjects of the JetStream API. Every call is made again until its deadline while nobody answers for the stream. */
export class LogStream {
  readonly #options: LogStreamOptions;
  #isGone = false;

  constructor(options: LogStreamOptions) {
    this.#options = options;
  }

  /** What the epochs of logs that nobody has written to follow from. */
  get seed(): string {
    return this.#options.subjects.seed;
  }

  subjectOf(channel: string): string {
    return this.#options.subjects.log(channel);
  }

  /** Another stream has its name now. Whatever is asked of this one fails. */
  retire(): void {
    this.#isGone = true;
  }

  /** Whether one question may be answered with many messages. */
  get hasBatches(): boolean {
    return isAtLeast(this.#options.facts.version, [2, 11, 0]);
  }

  /** Whether of two writes that expect the same last sequence one is refused whatever their timing: nats-server#4320, #5794. */
  get isSerial(): boolean {
    return this.#options.facts.replicaCount === 1 || isAtLeast(this.#options.facts.version, [2, 10, 19]);
  }

  async append({ expectedSeq, id, record, subject }: Draft, deadline: Deadline): Promise<Appended> {
    const headers = {
      "Nats-Msg-Id": id,
      "Nats-Expected-Stream": this.#options.name,
      "Nats-Expected-Last-Subject-Sequence": String(expectedSeq),
    };
    const answer = await this.#call({ subject, body: writeRecord(record), headers, action: "append", deadline });
    const code = answer.error?.err_code ?? 0;
    if (code === wrongLastSequence) return { type: "behind" };
    if (underWay.includes(code)) return { type: "busy" };
    if (answer.error !== undefined) throw toBrokerError(answer.error, "append");
    return { type: answer["duplicate"] === true ? "duplicate" : "stored", seq: Number(answer["seq"]) };
  }

  /** Where the message with an id is, while the server knows it. Asked by an append that cannot be. */
  async seqOf(subject: string, id: string, deadline: Deadline): Promise<number | undefined> {
    // Of the conditions that never hold, the one that is judged behind the id, and before the server notes the id as under way.
    const impossible =
      this.#options.facts.replicaCount === 1
        ? { "Nats-Expected-Last-Msg-Id": "none" }
        : { "Nats-Expected-Last-Sequence": String(Number.MAX_SAFE_INTEGER) };
    const headers = { "Nats-Msg-Id": id, ...impossible };
    for (;;) {
      const answer = await this.#call({ subject, body: "", headers, action: "recall", deadline });
      if (answer.error === undefined) return Number(answer["seq"]);
      const code = answer.error.err_code ?? 0;
      if (code === wrongLastId || code === wrongLastSequence) return undefined;
      if (!underWay.includes(code) || deadline.leftMs === 0) throw toBrokerError(answer.error, "recall");
      await delay(busyMs);
    }
  }

  /** As the leader has it. */
  async get(place: Place, deadline: Deadline): Promise<Located | undefined> {
    return this.#locate(await this.#getText(place, deadline));
  }

  /** As any replica has it; for what that does not have the leader is asked. */
  async find(place: Place, deadline: Deadline): Promise<Located | undefined> {
    return this.#locate((await this.#getDirect(place, deadline)) ?? (await this.#getText(place, deadline)));
  }

  /** The end of the whole stream, as the leader has it. */
  async end(deadline: Deadline): Promise<StreamEnd> {
    const { seq, stamp } = (await this.#getText({ last_by_subj: ">" }, deadline)) ?? { seq: 0, stamp: "" };
    return { seq, stamp };
  }

  /** When a message was stored, as the leader has it. */
  async stampOf(seq: number, deadline: Deadline): Promise<string | undefined> {
    return (await this.#getText({ seq }, deadline))?.stamp;
  }

  /** Whose a message is, as any replica has it, or else the leader. */
  async subjectAt(seq: number, deadline: Deadline): Promise<string | undefined> {
    return ((await this.#getDirect({ seq }, deadline)) ?? (await this.#getText({ seq }, deadline)))?.subject;
  }

  /** Messages of a subject from a sequence on, at most so many and about so many bytes; fewer where a replica is behind. */
  async findMany(
    place: { readonly next_by_subj: string; readonly seq: number; readonly batch: number; readonly max_bytes: number },
    deadline: Deadline,
  ): Promise<readonly Located[]> {
    const withinMs = Math.min(deadline.leftMs, silenceMs);
    const subject = `$JS.API.DIRECT.GET.${this.#options.name}`;
    const messages = await this.#options.link.askMany({
      subject,
      payload: JSON.stringify(place),
      action: "read",
      withinMs,
    });
    return (messages ?? [])
      .filter(({ headers }) => (headers?.code ?? 0) === 0)
      .flatMap((message) => this.#locate(textOf(message)) ?? []);
  }

  /** Deletes what a subject has below a sequence. */
  async purge(filter: string, seq: number, deadline: Deadline): Promise<void> {
    const call = { ...this.#api("STREAM.PURGE"), body: { filter, seq }, action: "trim", deadline };
    const { error } = await this.#call(call);
    if (error !== undefined) throw toBrokerError(error, "trim");
  }

  /** How long ago, in milliseconds, each of the other replicas was heard by the one that answers as their leader. */
  async silences(deadline: Deadline): Promise<readonly number[]> {
    if (this.#options.facts.replicaCount === 1) return [];
    const { error, cluster } = await this.#call({ ...this.#api("STREAM.INFO"), body: "", action: "read", deadline });
    if (error !== undefined) throw toBrokerError(error, "read");
    // A `as`: what the server answers to this question.
    const { replicas = [] } = cluster as { readonly replicas?: readonly { readonly active: number }[] };
    return replicas.map(({ active }) => active / 1e6);
  }

  async #getText(place: Place, deadline: Deadline): Promise<Text | undefined> {
    if (this.#options.facts.replicaCount === 1) return this.#getDirect(place, deadline);
    const answer = await this.#call({ ...this.#api("STREAM.MSG.GET"), body: place, action: "read", deadline });
    if (answer.error?.err_code === noMessage) return undefined;
    if (answer.error !== undefined) throw toBrokerError(answer.error, "read");
    // A `as`: the answer of the API that was asked, which has no error.
    const { data = "", seq, subject, time } = answer["message"] as StoredMessage;
    return { seq, subject, stamp: time, text: Buffer.from(data, "base64").toString() };
  }

  async #getDirect(place: Place, deadline: Deadline): Promise<Text | undefined> {
    const call = { ...this.#api("DIRECT.GET"), body: place, action: "read", deadline };
    const message = await this.#ask(call);
    const code = message.headers?.code ?? 0;
    if (code === 404) return undefined;
    if (code !== 0) throw toBrokerError({ code, description: message.headers?.description ?? "" }, "read");
    return textOf(message);
  }

  #locate(text: Text | undefined): Located | undefined {
    if (text === undefined) return undefined;
    const record = readRecord(text.text);
    if (record !== undefined) return { seq: text.seq, record };
    const message = `Cannot read message ${text.seq} of the stream "${this.#options.name}": it is not one of ours`;
    throw new BrokerError("STORAGE_CORRUPT", message);
  }

  #api(name: string): { readonly subject: string } {
    return { subject: `$JS.API.${name}.${this.#options.name}` };
  }

  /** A call that is answered with JSON. */
  async #call(call: Call): Promise<Answer> {
    return callApi(this.#asker(), call);
  }

  async #ask(call: Call): Promise<NatsMessage> {
    return askUntil(this.#asker(), call);
  }

  #asker(): Asker {
    const { link, onMissing } = this.#options;
    return {
      link,
      onMissing: async (action) => {
        await onMissing();
        if (this.#isGone) throw new BrokerError("STORAGE_UNAVAILABLE", `Cannot ${action}: the stream was made anew`);
      },
    };
  }
}

interface Text {
  readonly seq: number;
  readonly subject: string;
  readonly stamp: string;
  readonly text: string;
}

/** As `STREAM.MSG.GET` gives it. */
interface StoredMessage {
  readonly seq: number;
  readonly subject: string;
  readonly time: string;
  readonly data?: string;
}

function textOf(message: NatsMessage): Text {
  const header = (name: string): string => message.headers?.get(name) ?? "";
  return {
    seq: Number(header("Nats-Sequence")),
    subject: header("Nats-Subject"),
    stamp: header("Nats-Time-Stamp"),
    text: message.string(),
  };
}

/** Whether a version is one of these or newer. One that cannot be read is old. */
function isAtLeast(version: string, [major, minor, patch]: readonly [number, number, number]): boolean {
  const [isMajor = 0, isMinor = 0, isPatch = 0] = version.split(/[.-]/u).map(Number);
  if (isMajor !== major) return isMajor > major;
  if (isMinor !== minor) return isMinor > minor;
  return isPatch >= patch;
}
