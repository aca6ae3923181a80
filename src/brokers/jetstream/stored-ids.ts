import { createHash } from "node:crypto";
import type { RecallRequest, RecallResult } from "../../gateway/index.ts";
import type { Deadline } from "./deadline.ts";
import type { Located } from "./log-record.ts";
import type { LogStream } from "./log-stream.ts";
import { hasLost } from "./rivals.ts";

/** Whose id it is, in which channel. */
export type IdOwner = Pick<RecallRequest, "channel" | "messageId" | "user">;

export interface IdSearch {
  readonly stream: LogStream;
  readonly subject: string;
  readonly deadline: Deadline;
}

/**
 * What the server knows an id by. An id belongs to one user in one channel; a header takes only some characters, and few of them.
 *
 * @param goneCount - an id whose message is gone (deleted by hand, or as a rival) goes on under the next name, the same at every node.
 */
export function dedupId({ channel, messageId, user }: IdOwner, goneCount: number): string {
  return createHash("sha256")
    .update(JSON.stringify([channel, user.id, messageId, goneCount]))
    .digest("base64url");
}

/** The entry that the server remembers an id by. `undefined`: it is gone, or was none. */
export async function findStored(seq: number, { deadline, stream, subject }: IdSearch): Promise<Located | undefined> {
  const found = seq > 0 ? await stream.get({ seq }, deadline) : undefined;
  return found === undefined || (await hasLost(stream, subject, found, deadline)) ? undefined : found;
}

/** What a request is answered whose id was stored before. */
export function repeated(
  { record }: Located,
  payloadHash: string,
): Extract<RecallResult, { readonly type: "conflict" | "duplicate" }> {
  const { entry, epoch } = record;
  if (record.payloadHash !== payloadHash) return { type: "conflict" };
  return { type: "duplicate", position: { epoch, offset: entry.offset, tag: entry.tag } };
}

/** What became of an id. Nothing is stored. */
export async function recallId(request: RecallRequest, search: IdSearch): Promise<RecallResult> {
  for (let goneCount = 0; ; goneCount += 1) {
    const seq = await search.stream.seqOf(search.subject, dedupId(request, goneCount), search.deadline);
    if (seq === undefined) return { type: "unknown" };
    const found = await findStored(seq, search);
    if (found !== undefined) return repeated(found, request.payloadHash);
  }
}
