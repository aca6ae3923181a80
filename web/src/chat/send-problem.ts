import type { ClientErrorCode } from "switchboard/client";

/** Why a message was not sent, in words for the person who wrote it. */
export interface SendProblem {
  readonly problem: string;
  /** Whether sending the same again can succeed. */
  readonly canRetry: boolean;
  /** Whether another try must be another message: the old id will be refused for ever. */
  readonly needsNewId: boolean;
}

const words: { readonly [Code in ClientErrorCode]?: SendProblem } = {
  RATE_LIMITED: retry("You are sending too fast"),
  STORAGE_FULL: retry("The server has no room for more messages just now"),
  STORAGE_UNAVAILABLE: retry("The server’s store does not answer just now"),
  INTERNAL: retry("The server failed"),
  LIMIT: retry("Too many messages are waiting"),
  QUEUE_FULL: retry("Too many messages are waiting for the line"),
  CLOSED: retry("The line was closed"),
  FORBIDDEN: final("You may not write in this room"),
  TOO_BIG: final("The message is too long"),
  BAD_DATA: final("The server does not take such a message"),
  "app:NOT_YOURS": final("Only who wrote a message can change it"),
  "app:NO_MESSAGE": final("The message is not kept any more"),
  NOT_SUBSCRIBED: retry("You are not in this room just now"),
  ID_CONFLICT: { problem: "The server knows another message under the same number", canRetry: true, needsNewId: true },
  DEDUP_EXPIRED: {
    problem:
      "It waited so long that nobody can tell whether it was delivered. Look for it above before you send it again",
    canRetry: true,
    needsNewId: true,
  },
};

/** The words for a rejected `send()`. */
export function sendProblem(error: unknown): SendProblem {
  const known = Object.entries(words).find(
    ([code]) => error instanceof Error && "code" in error && error.code === code,
  );
  return known?.[1] ?? retry(error instanceof Error && error.message !== "" ? error.message : "It was not sent");
}

function retry(problem: string): SendProblem {
  return { problem, canRetry: true, needsNewId: false };
}

function final(problem: string): SendProblem {
  return { problem, canRetry: false, needsNewId: false };
}
