/** Names of servers and rooms, as people type them, as the address shows them and as the gateway takes them. */

/** The longest name of a server or a room. */
export const maxRoomNameCount = 32;

/** The server where everybody is. */
export const homeServer = "home";

/** The rooms every server begins with. */
export function firstRooms(server: string): readonly string[] {
  return server === homeServer ? ["general", "random", "help"] : ["general"];
}

export type RoomNameResult = { readonly room: string } | { readonly problem: string };

/**
 * Reads what a person typed as a name: `"#Late Night"` gives `late-night`.
 * It is a part of a channel's name, so its alphabet is small.
 */
export function parseRoomName(text: string): RoomNameResult {
  const room = text.trim().replace(/^#+/u, "").trim().toLowerCase().replaceAll(/\s+/gu, "-");
  if (room === "") return { problem: "Type a name" };
  if (room.length > maxRoomNameCount) return { problem: `A name has at most ${maxRoomNameCount} characters` };
  const odd = /[^a-z0-9_-]/u.exec(room)?.[0];
  if (odd !== undefined) return { problem: `A name has letters a to z, digits, - and _, but not “${odd}”` };
  return { room };
}

/** A room's full name, unique over all servers: the parameter of its channel. */
export function fullName(server: string, room: string): string {
  return server === homeServer ? room : `${server}.${room}`;
}

/** The parts of a full name. */
export function splitName(name: string): { readonly server: string; readonly room: string } {
  const [first = "", second] = name.split(".");
  return second === undefined ? { server: homeServer, room: first } : { server: first, room: second };
}

/** A full name as it is, or undefined. */
export function checkFullName(name: string): string | undefined {
  const parts = name.split(".");
  if (parts.length > 2 || parts[0] === homeServer) return undefined;
  return parts.every((part) => isName(part)) ? name : undefined;
}

function isName(part: string): boolean {
  const result = parseRoomName(part);
  return "room" in result && result.room === part;
}

/** The address of a room inside the page. `#/` keeps it apart from the anchors of the page itself. */
export function roomHash(name: string): string {
  return `#/${name.replace(".", "/")}`;
}

/** The full name of the room that an address names, if it names one. */
export function roomOfHash(hash: string): string | undefined {
  if (!hash.startsWith("#/")) return undefined;
  const parts = hash.slice(2).split("/").map(parseRoomName);
  const [first, second] = parts.flatMap((part) => ("room" in part ? [part.room] : []));
  if (first === undefined || parts.length > 2) return undefined;
  if (parts.length === 1) return first;
  return second === undefined ? undefined : fullName(first, second);
}
