import type { Client } from "switchboard/client";
import * as Y from "yjs";
import { readSnapshot } from "./bytes.ts";
import type { EditorGateway } from "./channels.ts";

export type DocumentRoom = ReturnType<Client<EditorGateway>["doc"]>;

/** What comes from the others: not to be sent again. */
export const remote = Symbol("remote");

/**
 * Reads a document from its log: from the newest entry back to what the newest snapshot covers. An entry may be read twice or out of
 * order, Yjs does not mind. Gives the offset of the newest entry.
 */
export async function readDocument(room: DocumentRoom, document: Y.Doc): Promise<number> {
  let newest = 0;
  let covered = 0;
  for (let before: number | undefined; ;) {
    const { messages, more } = await room.history({ count: 256, ...(before !== undefined && { before }) });
    for (const message of messages.toReversed()) {
      newest = Math.max(newest, message.offset);
      if (message.offset <= covered) return newest;
      const snapshot = message.event === "snapshot" ? readSnapshot(message.data) : undefined;
      covered = Math.max(covered, snapshot?.upTo ?? 0);
      Y.applyUpdate(document, snapshot?.state ?? message.data, remote);
    }
    before = messages[0]?.offset;
    if (!more || before === undefined) return newest;
  }
}
