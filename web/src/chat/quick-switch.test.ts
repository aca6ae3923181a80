import { expect, test } from "vitest";
import { findRooms, maxFoundCount } from "./quick-switch.ts";

function room(name: string, unreadCount = 0, mentionCount = 0): Parameters<typeof findRooms>[0][number] {
  return { name, unreadCount, mentionCount };
}

const rooms = [room("general"), room("random", 3), room("help"), room("acme.general"), room("acme.heap", 1, 1)];

function find(question: string): readonly string[] {
  return findRooms(rooms, question).map(({ name }) => name);
}

test("[WB25] a few letters find a room: where its name begins so first, then its server's, then anywhere in it", () => {
  expect(find("gen")).toEqual(["general", "acme.general"]);
  expect(find("#help")).toEqual(["help"]);
  expect(find("acme")).toEqual(["acme.heap", "acme.general"]);
  expect(find("acme/g")).toEqual(["acme.general"]);
  expect(find("hp")).toEqual(["acme.heap", "help"]);
  expect(find("zzz")).toEqual([]);
  expect([find("ph"), find("dnar")]).toEqual([[], []]); // the letters, and not in their order
});

test("[WB25] without letters those that call come first, then those with something new, at most 12", () => {
  expect(find("")).toEqual(["acme.heap", "random", "general", "help", "acme.general"]);
  const many = Array.from({ length: maxFoundCount + 1 }, (_, index) => room(`room-${index}`));
  expect(findRooms(many, "room")).toHaveLength(maxFoundCount);
});
