/** How a person wants the page: kept in this browser. */
import type { KeyValueStorage } from "./key-value-storage.ts";

export type Theme = "system" | "light" | "dark";
export const themes: readonly Theme[] = ["system", "light", "dark"];

export interface Settings {
  readonly theme: Theme;
  /** Off by default: a page that makes a noise unasked is closed. */
  readonly hasSound: boolean;
  /** Off by default, and on only after the browser has asked the person, too. */
  readonly hasNotifications: boolean;
}

export const defaultSettings: Settings = { theme: "system", hasSound: false, hasNotifications: false };

const key = "switchboard.settings";

export function loadSettings(storage: KeyValueStorage): Settings {
  const kept = readObject(storage.getItem(key));
  return {
    theme: themes.find((theme) => theme === kept["theme"]) ?? "system",
    hasSound: kept["hasSound"] === true,
    hasNotifications: kept["hasNotifications"] === true,
  };
}

export function saveSettings(storage: KeyValueStorage, settings: Settings): void {
  storage.setItem(key, JSON.stringify(settings));
}

function readObject(text: string | null): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text ?? "null");
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {}; // Someone else wrote there: as good as nothing.
  }
}
