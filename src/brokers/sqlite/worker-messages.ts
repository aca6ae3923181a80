import type {
  AppendRequest,
  AppendResult,
  BrokerErrorCode,
  BrokerInfo,
  KnownLog,
  Notice,
  OtherLog,
  ReadRequest,
  ReadResult,
  RecallRequest,
  RecallResult,
} from "../../gateway/index.ts";
import { BrokerError } from "../../gateway/index.ts";
import type { OpenDatabaseOptions } from "./open-database.ts";

/** What the worker is started with. */
export interface WorkerOptions extends OpenDatabaseOptions {
  readonly dedupWindowMs: number;
}

/** What is asked beside appends, each in its place among the others, and what is answered. */
interface Questions {
  readonly read: { readonly request: ReadRequest; readonly result: ReadResult };
  readonly compare: { readonly request: readonly KnownLog[]; readonly result: readonly OtherLog[] };
  readonly recall: { readonly request: RecallRequest; readonly result: RecallResult };
  readonly post: { readonly request: PostRequest; readonly result: undefined };
  readonly notices: { readonly request: { readonly nowMs: number }; readonly result: readonly Notice[] };
}

export interface PostRequest {
  readonly notice: Notice;
  readonly nowMs: number;
}

export type QuestionType = keyof Questions;
export type RequestOf<Type extends QuestionType> = Questions[Type]["request"];
export type ResultOf<Type extends QuestionType> = Questions[Type]["result"];

export type WorkerQuestion = {
  readonly [Type in QuestionType]: { readonly type: Type; readonly id: number; readonly request: RequestOf<Type> };
}[QuestionType];

/** To the worker, many in one message. `close` comes last: what came before is settled first. */
export type WorkerRequest =
  | { readonly type: "append"; readonly id: number; readonly request: AppendRequest }
  | WorkerQuestion
  | { readonly type: "close" };

/** From the worker. After `stopped` and `closed` nothing follows. */
export type WorkerReply =
  | { readonly type: "opened"; readonly info: BrokerInfo }
  /** `commitMs` is there when something was committed: how long that took. */
  | { readonly type: "settled"; readonly settled: readonly Settled[]; readonly commitMs?: number }
  | { readonly type: "stopped"; readonly fault: Fault }
  | { readonly type: "closed" };

export type Settled =
  | {
      readonly type: "appended";
      readonly id: number;
      readonly result: StoredPlace | Exclude<AppendResult, { readonly type: "stored" }>;
    }
  | { readonly type: "answered"; readonly id: number; readonly result: ResultOf<QuestionType> }
  | { readonly type: "refused"; readonly id: number; readonly fault: Fault };

/** A `stored` result without the entry, whose text the other side still has. */
export interface StoredPlace {
  readonly type: "stored";
  readonly epoch: string;
  readonly offset: number;
  readonly previousTag: number;
}

/** A `BrokerError` between threads: a clone would lose its class. */
export interface Fault {
  readonly code: BrokerErrorCode;
  readonly message: string;
  readonly hint: string | undefined;
}

export function toFault({ code, hint, message }: BrokerError): Fault {
  return { code, message, hint };
}

export function fromFault({ code, hint, message }: Fault): BrokerError {
  return new BrokerError(code, message, hint === undefined ? {} : { hint });
}
