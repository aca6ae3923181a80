/** The part of `Storage` that the chat needs. */
export type KeyValueStorage = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** The browser's storage; one that forgets at a reload where the browser allows none, or has no room. */
export function browserStorage(): KeyValueStorage {
  try {
    localStorage.setItem("switchboard.probe", "");
    localStorage.removeItem("switchboard.probe");
    return localStorage;
  } catch {
    return memoryStorage();
  }
}

/** Keeps values until the page goes. */
export function memoryStorage(): KeyValueStorage {
  const values = new Map<string, string>();
  return {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
    removeItem: (key) => void values.delete(key),
  };
}
