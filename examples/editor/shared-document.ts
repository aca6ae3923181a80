import {
  applyAwarenessUpdate,
  type Awareness,
  encodeAwarenessUpdate,
  removeAwarenessStates,
} from "y-protocols/awareness";
import * as Y from "yjs";
import { readCursor, writeCursor } from "./bytes.ts";
import { type DocumentRoom, readDocument, remote } from "./log.ts";

export type Saving = { readonly state: "saved" | "saving" } | { readonly state: "failed"; readonly reason: string };

/** Joins a document to its room: what is written here goes there, and what comes from there is written here. */
export async function shareDocument(
  { room, document }: { readonly room: DocumentRoom; readonly document: Y.Doc },
  onSaving: (saving: Saving) => void,
): Promise<void> {
  let unsent: Uint8Array[] = [];
  let isSending = false;
  const fail = ({ message }: Error): void => onSaving({ state: "failed", reason: message });
  document.on("update", (update: Uint8Array, origin: unknown) => {
    if (origin === remote) return;
    unsent.push(update);
    if (isSending) return; // it goes with the next
    isSending = true;
    onSaving({ state: "saving" });
    sendAll().catch(fail);
  });

  /** One at a time; what is written in the meantime, while there is no line for hours perhaps, is merged to one. */
  async function sendAll(): Promise<void> {
    try {
      while (unsent.length > 0) {
        const sentCount = unsent.length;
        await room.update.send(Y.mergeUpdates(unsent), { echo: false });
        unsent = unsent.slice(sentCount); // not before it is stored: what was refused goes with the next
      }
      onSaving({ state: "saved" });
    } finally {
      isSending = false;
    }
  }

  room.update.on(({ data }) => Y.applyUpdate(document, data, remote));
  room.onGap(() => void readDocument(room, document).catch(fail)); // away for so long that the log begins later: a snapshot has it
  await readDocument(room, document);
}

/** Joins the cursors to the room. */
export function shareCursors(room: DocumentRoom, awareness: Awareness): void {
  awareness.on("update", (_change: unknown, origin: unknown) => {
    const { clientID } = awareness;
    if (origin === "local") void room.cursor.send(writeCursor(clientID, encodeAwarenessUpdate(awareness, [clientID])));
  });
  // Said again when there is a line again: what could not be sent was dropped.
  room.onStatus(({ status }) => status === "live" && awareness.setLocalState(awareness.getLocalState()));

  function show(): void {
    const here = new Set(room.presence.members.map(({ user }) => user.id));
    for (const { data, user } of room.cursor.values.values()) {
      const { clientId, update } = readCursor(data);
      if (clientId === awareness.clientID) continue;
      if (here.has(user.id)) applyAwarenessUpdate(awareness, update, remote);
      else removeAwarenessStates(awareness, [clientId], remote);
    }
  }
  room.cursor.on(show);
  room.presence.on(show);
}
