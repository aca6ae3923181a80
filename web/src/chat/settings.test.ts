import { expect, test } from "vitest";
import { alertFor } from "./alerts.ts";
import { memoryStorage } from "./key-value-storage.ts";
import { defaultSettings, loadSettings, saveSettings } from "./settings.ts";

test("[WB24] sound and notifications are off and the look is the system's until a person says otherwise", () => {
  const storage = memoryStorage();
  expect(loadSettings(storage)).toEqual({ theme: "system", hasSound: false, hasNotifications: false });
  const wanted = { theme: "dark", hasSound: true, hasNotifications: true } as const;
  saveSettings(storage, wanted);
  expect(loadSettings(storage)).toEqual(wanted);
  for (const text of ["{", "null", "7", '{"theme":"pink","hasSound":1}']) {
    storage.setItem("switchboard.settings", text);
    expect(loadSettings(storage)).toEqual(defaultSettings);
  }
});

test("[WB24] who looks at the room is not alerted; elsewhere a sound tells, and a notification of what calls or was left open", () => {
  const on = { theme: "system", hasSound: true, hasNotifications: true } as const;
  const ask = (isVisible: boolean, isCurrent: boolean, callsMe: boolean, settings = on): unknown[] =>
    Object.values(alertFor({ settings, isVisible, isCurrent, callsMe }));
  expect(ask(true, true, true)).toEqual([undefined, false]);
  expect(ask(true, false, false)).toEqual(["message", false]);
  expect(ask(true, false, true)).toEqual(["call", false]);
  expect(ask(false, true, false)).toEqual(["message", true]);
  expect(ask(false, false, false)).toEqual(["message", false]);
  expect(ask(false, false, true)).toEqual(["call", true]);
  expect(
    Object.values(alertFor({ settings: defaultSettings, isVisible: false, isCurrent: true, callsMe: true })),
  ).toEqual([undefined, false]);
});
