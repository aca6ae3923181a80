import type { KeyValueStorage } from "./key-value-storage.ts";

/** Who this browser is: kept in its storage, so that a reload is the same person on the same device. */
export interface Profile {
  readonly name: string;
  /** 128 random bits in hex. Secret: the server knows a guest again by it. */
  readonly device: string;
}

/** The longest name, in UTF-16 units: the gateway takes no longer one. */
export const maxNameCount = 40;

const nameKey = "switchboard.name";
const deviceKey = "switchboard.device";

export type NameResult = { readonly name: string } | { readonly problem: string };

/** Reads what a person typed as their name: outer and doubled spaces go, control and direction characters too. */
export function parseName(text: string): NameResult {
  // \p{Cf} has the bidirectional overrides (CVE-2021-42574) and also the joiners that emoji and Persian need: those stay.
  const name = text
    .replaceAll(/(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}]/gu, " ")
    .replaceAll(/\s+/gu, " ")
    .trim();
  if (!/[\p{L}\p{N}\p{S}\p{P}]/u.test(name)) return { problem: "Type a name that others can see" };
  if (name.length > maxNameCount) return { problem: `A name has at most ${maxNameCount} characters` };
  return { name };
}

/** The profile this browser kept, if it has a name in it. */
export function loadProfile(storage: KeyValueStorage): Profile | undefined {
  const result = parseName(storage.getItem(nameKey) ?? "");
  return "name" in result ? { name: result.name, device: loadDevice(storage) } : undefined;
}

/** Keeps a name, and makes the device's secret the first time. */
export function saveProfile(storage: KeyValueStorage, name: string): Profile {
  storage.setItem(nameKey, name);
  return { name, device: loadDevice(storage) };
}

/** Forgets the name. The device stays: its owner is the same person when they come back. */
export function forgetProfile(storage: KeyValueStorage): void {
  storage.removeItem(nameKey);
}

function loadDevice(storage: KeyValueStorage): string {
  const kept = storage.getItem(deviceKey);
  if (kept !== null && /^[0-9a-f]{32}$/u.test(kept)) return kept;
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const device = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  storage.setItem(deviceKey, device);
  return device;
}
