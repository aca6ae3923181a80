/** What this browser remembers over a reload: the servers one is in, which rooms are open, and how far each was read. */
import type { KeyValueStorage } from "./key-value-storage.ts";
import { checkFullName, homeServer } from "./room-name.ts";

/** The most rooms that are open at once. Each is a subscription. */
export const maxRoomCount = 50;

/** The most servers that one is in. */
export const maxServerCount = 20;

const serversKey = "switchboard.servers";
const roomsKey = "switchboard.rooms";
const readKey = "switchboard.read";

export interface RoomMemory {
  /** Without the one where everybody is. */
  readonly servers: readonly string[];
  /** By their full names. */
  readonly rooms: readonly string[];
  readonly readOffsets: Readonly<Record<string, number>>;
}

export function loadRoomMemory(storage: KeyValueStorage): RoomMemory {
  return {
    servers: parseServers(readJson(storage, serversKey)),
    rooms: parseRooms(readJson(storage, roomsKey)),
    readOffsets: loadReadOffsets(storage),
  };
}

/** How far each room was read, here or in another tab of this browser. */
export function loadReadOffsets(storage: KeyValueStorage): Readonly<Record<string, number>> {
  return parseOffsets(readJson(storage, readKey));
}

/** Keeps the open rooms, and forgets how far those were read that are not open any more. */
export function saveRoomMemory(storage: KeyValueStorage, { servers, rooms, readOffsets }: RoomMemory): void {
  const open = Object.entries(readOffsets).filter(([room]) => rooms.includes(room));
  storage.setItem(serversKey, JSON.stringify(servers));
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

function parseServers(value: unknown): readonly string[] {
  const names = stringsOf(value).filter((name) => checkFullName(name) === name && !name.includes("."));
  return [...new Set(names)].filter((name) => name !== homeServer).slice(0, maxServerCount);
}

function parseRooms(value: unknown): readonly string[] {
  const names = stringsOf(value).filter((name) => checkFullName(name) !== undefined);
  return [...new Set(names)].slice(0, maxRoomCount);
}

function stringsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}

function parseOffsets(value: unknown): Readonly<Record<string, number>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return {};
  const entries = Object.entries(value).filter(([, offset]) => Number.isSafeInteger(offset) && offset >= 0);
  return Object.fromEntries(entries.slice(0, maxRoomCount));
}
