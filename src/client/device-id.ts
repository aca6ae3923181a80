import type { StorageLike } from "./connect-options.ts";
import { ClientError } from "./errors.ts";
import { randomHex } from "./random-hex.ts";

const device = /^[0-9a-f]{32}$/;
const key = "switchboard.device";

/** The id this device keeps: as given, or as stored, or new and stored if it can be. */
export function deviceId(given: string | undefined, storage: StorageLike | undefined): string {
  if (given !== undefined) {
    if (device.test(given)) return given;
    throw new ClientError("SETUP", `Cannot use device ${JSON.stringify(given.slice(0, 60))}: it must be 32 of 0-9 a-f`);
  }
  try {
    const place = storage ?? globalThis.localStorage;
    const stored = place.getItem(key);
    if (stored !== null && device.test(stored)) return stored;
    const made = randomHex(16);
    place.setItem(key, made);
    return made;
  } catch {
    // There is no storage here, or the browser forbids it or has no room: this device lives as long as its client.
    return randomHex(16);
  }
}
