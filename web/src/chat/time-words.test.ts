import { expect, test } from "vitest";
import { dayName, startOfDay } from "./time-words.ts";

test("[WB10] a day's line says today, yesterday, or which day", () => {
  const nowMs = new Date(2026, 2, 1, 9).getTime();
  const todayMs = startOfDay(nowMs);
  expect(new Date(todayMs).getHours()).toBe(0);
  expect(dayName(nowMs, todayMs)).toBe("Today");
  expect(dayName(todayMs - 1, todayMs)).toBe("Yesterday");
  expect(dayName(new Date(2026, 1, 27).getTime(), todayMs)).not.toContain("2026");
  expect(dayName(new Date(2025, 1, 27).getTime(), todayMs)).toContain("2025");
});
