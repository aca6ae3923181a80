import { binary, channel, event, type HasChannels, latest, Refusal } from "switchboard";
import * as Y from "yjs";
import { readCursor } from "./bytes.ts";

/** The longest update and the largest document; as base64 it is what `maxDataBytes` says. */
const maxBytes = 700_000;
export const maxDataBytes = 1_000_000;

/** Who sums documents up. Nobody else may: a snapshot that leaves something out would hide it from all who come later. */
export const keeperId = "keeper";

/** A document is its log: updates of Yjs, and now and then a snapshot of all that is before it. */
export function documentChannel({ maxCount, onUpdate }: { maxCount: number; onUpdate(name: string): void }) {
  return channel("doc/:name", {
    events: {
      update: event(binary({ maxBytes }), {
        handle(bytes, { params }) {
          if (!isUpdate(bytes)) throw new Refusal("NO_UPDATE", "These bytes are no update of Yjs");
          onUpdate(params["name"] ?? "");
        },
      }),
      snapshot: event(binary({ maxBytes })),
      // Of each cursor only where it is counts; who comes later is told all of them at once.
      cursor: latest(binary({ maxBytes: 4000 }), { by: (bytes) => String(readCursor(bytes).clientId), everyMs: 50 }),
    },
    presence: true,
    history: { maxCount, maxAgeMs: Infinity, maxBytes: 64 * 1024 * 1024 },
    limits: { maxDataBytes },
    authorize: ({ user, event: name }) => name !== "snapshot" || user.id === keeperId,
  });
}

export type EditorGateway = HasChannels<{ readonly doc: ReturnType<typeof documentChannel> }>;

function isUpdate(bytes: Uint8Array): boolean {
  try {
    Y.decodeUpdate(bytes);
    return true;
  } catch {
    return false;
  }
}
