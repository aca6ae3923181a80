/** For tests: a room that a session is in, and what comes to be true of it. */
import type { Readable } from "../store.ts";
import type { ChatSession } from "./chat-session.ts";
import type { RoomStore } from "./room-store.ts";

/** Resolves when the value of a store is as it should be. */
export function until<Value>(store: Readable<Value>, isSo: (value: Value) => boolean): Promise<Value> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!isSo(store.get())) return;
      stop();
      resolve(store.get());
    };
    const stop = store.subscribe(look);
    queueMicrotask(look);
  });
}

export async function enterRoom(session: ChatSession, name = "general"): Promise<RoomStore> {
  const room = session.open(name);
  if (room === undefined) throw new Error(`Cannot open room ${name}`);
  await until(room.view, ({ status }) => status === "live");
  return room;
}
