/** What this browser remembers of rooms over a reload: which are open, and how far each was read. */
import type { KeyValueStorage } from "./key-value-storage.ts";
import { parseRoomName } from "./room-name.ts";

/** The most rooms that are open at once. Each is a subscription. */
export const maxRoomCount = 50;

const roomsKey = "switchboard.rooms";
const readKey = "switchboard.read";

export interface RoomMemory {
  readonly rooms: readonly string[];
  readonly readOffsets: Readonly<Record<string, number>>;
}

export function loadRoomMemory(storage: KeyValueStorage): RoomMemory {
  return { rooms: parseRooms(readJson(storage, roomsKey)), readOffsets: parseOffsets(readJson(storage, readKey)) };
}

/** Keeps the open rooms, and forgets how far those were read that are not open any more. */
export function saveRoomMemory(storage: KeyValueStorage, { rooms, readOffsets }: RoomMemory): void {
  const open = Object.entries(readOffsets).filter(([room]) => rooms.includes(room));
  storage.setItem(roomsKey, JSON.stringify(rooms));
  storage.setItem(readKey, JSON.stringify(Object.fromEntries(open)));
}

function readJson(storage: KeyValueStorage, key: string): unknown {
  try {
    return JSON.parse(storage.getItem(key) ?? "null");
  } catch {
    return undefined; // Someone else wrote there: as good as nothing.
  }
}

function parseRooms(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return [];
  const names = value.filter((name) => typeof name === "string").map(parseRoomName);
  return [...new Set(names.flatMap((result) => ("room" in result ? [result.room] : [])))].slice(0, maxRoomCount);
}

function parseOffsets(value: unknown): Readonly<Record<string, number>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return {};
  const entries = Object.entries(value).filter(([, offset]) => Number.isSafeInteger(offset) && offset >= 0);
  return Object.fromEntries(entries.slice(0, maxRoomCount));
}
