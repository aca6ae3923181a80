/**
 * The rules, the same on the server and in the page, which is why a page can say at once where its own ship will be. All numbers are whole,
 * positions in sixteenths of a pixel: what goes over the wire is exactly what the server has.
 */
export const tickMs = 50;
export const arenaSize = 32_000;
/** How far a ship sees, each way. What is beyond is not sent. */
export const sight = 10_000;
export const radius = 400;

export type Point = Readonly<Record<"x" | "y", number>>;
export type Ship = Point & Readonly<Record<"vx" | "vy", number>>;
/** Where a player wants to go for one tick; a length of 100 is as fast as it gets. */
export type Input = Readonly<Record<"seq" | "dx" | "dy", number>>;

/** What one player is told of one tick. */
export type View = ReturnType<typeof decodeView>;

/** One tick of one ship. */
export function step({ x, y, vx, vy }: Ship, { dx, dy }: Input): Ship {
  const length = Math.max(100, Math.hypot(dx, dy)); // who asks for more is no faster
  const next = { vx: Math.trunc((vx + (60 * dx) / length) * 0.85), vy: Math.trunc((vy + (60 * dy) / length) * 0.85) };
  const inside = (position: number): number => Math.min(arenaSize - radius, Math.max(radius, position));
  return { ...next, x: inside(x + next.vx), y: inside(y + next.vy) };
}

const fold = 32_768; // a tick has more than the 15 bits of one number

export function encodeView({ tick, ack, seat, ship: { x, y, vx, vy }, ...seen }: View): Uint8Array {
  const others = [seen.others.length, ...seen.others.flatMap((one) => [one.seat, one.x, one.y])];
  const gems = [seen.gems.length, ...seen.gems.flatMap((gem) => [gem.x, gem.y])];
  const ranking = [seen.ranking.length, ...seen.ranking.flatMap((row) => [row.seat, row.score])];
  return pack([Math.floor(tick / fold), tick % fold, ack, seat, x, y, vx, vy, ...others, ...gems, ...ranking]);
}

export function decodeView(bytes: Uint8Array) {
  const numbers = unpack(bytes).values();
  const next = (): number => numbers.next().value ?? 0;
  return {
    tick: next() * fold + next(),
    ack: next(), // the player's last input that is part of it
    seat: next(),
    ship: { x: next(), y: next(), vx: next(), vy: next() },
    others: Array.from({ length: next() }, () => ({ seat: next(), x: next(), y: next() })),
    gems: Array.from({ length: next() }, () => ({ x: next(), y: next() })),
    ranking: Array.from({ length: next() }, () => ({ seat: next(), score: next() })), // the best, wherever they are
  };
}

/** Numbers of 16 bits as bytes. */
export function pack(numbers: readonly number[]): Uint8Array {
  return new Uint8Array(Int16Array.from(numbers).buffer);
}

export function unpack(bytes: Uint8Array): Int16Array {
  return new Int16Array(bytes.slice().buffer, 0, bytes.length >> 1); // of a copy: such numbers begin at even places
}
