/** The rooms everybody starts with. */
export const defaultRooms = ["general", "random", "help"] as const;

/** The longest room name, in characters. */
export const maxRoomNameCount = 32;

export type RoomNameResult = { readonly room: string } | { readonly problem: string };

/**
 * Reads what a person typed as a room's name: `"#Late Night"` gives `late-night`.
 * A room is the last part of a channel's name, so its alphabet is small.
 */
export function parseRoomName(text: string): RoomNameResult {
  const room = text.trim().replace(/^#+/u, "").trim().toLowerCase().replaceAll(/\s+/gu, "-");
  if (room === "") return { problem: "Type the name of a room" };
  if (room.length > maxRoomNameCount) return { problem: `A room’s name has at most ${maxRoomNameCount} characters` };
  const odd = /[^a-z0-9_-]/u.exec(room)?.[0];
  if (odd !== undefined) return { problem: `A room’s name has letters a to z, digits, - and _, but not “${odd}”` };
  return { room };
}

/** The address of a room inside the page. `#/` keeps it apart from the anchors of the page itself. */
export function roomHash(room: string): string {
  return `#/${room}`;
}

/** The room that an address names, if it names one. */
export function roomOfHash(hash: string): string | undefined {
  if (!hash.startsWith("#/")) return undefined;
  const result = parseRoomName(hash.slice(2));
  return "room" in result ? result.room : undefined;
}
