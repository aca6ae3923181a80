import { expect, test } from "vitest";
import { memoryStorage } from "./key-value-storage.ts";
import { forgetProfile, loadProfile, maxNameCount, parseName, saveProfile } from "./profile.ts";

test("[WB1] a name loses what nobody sees, and keeps its letters and emoji", () => {
  expect(parseName("  Ada \n Lovelace ")).toEqual({ name: "Ada Lovelace" });
  expect(parseName("ev\u202eil")).toEqual({ name: "ev il" });
  expect(parseName("👩‍💻")).toEqual({ name: "👩‍💻" });
});

test("[WB1] a name that shows nothing is refused with what to do", () => {
  for (const text of ["", "   ", "\u200b\u2066", "\u200d"]) {
    expect(parseName(text)).toEqual({ problem: "Type a name that others can see" });
  }
});

test("[WB1] a name of the limit is taken, one more is not", () => {
  expect(parseName("é".repeat(maxNameCount))).toHaveProperty("name");
  expect(parseName("é".repeat(maxNameCount + 1))).toHaveProperty("problem");
});

test("[WB2] a reload is the same name on the same device", () => {
  const storage = memoryStorage();
  expect(loadProfile(storage)).toBeUndefined();
  const profile = saveProfile(storage, "Ada");
  expect(profile.device).toMatch(/^[0-9a-f]{32}$/u);
  expect(loadProfile(storage)).toEqual(profile);
});

test("[WB2] leaving forgets the name and keeps the device", () => {
  const storage = memoryStorage();
  const { device } = saveProfile(storage, "Ada");
  forgetProfile(storage);
  expect(loadProfile(storage)).toBeUndefined();
  expect(saveProfile(storage, "Bob")).toEqual({ name: "Bob", device });
});

test("[WB2] a damaged device is made anew", () => {
  const storage = memoryStorage();
  storage.setItem("switchboard.device", "not hex");
  expect(saveProfile(storage, "Ada").device).toMatch(/^[0-9a-f]{32}$/u);
});
