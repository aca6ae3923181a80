import { expect, test } from "vitest";
import { maxRoomNameCount, parseRoomName, roomHash, roomOfHash } from "./room-name.ts";

test("[WB3] what a person types becomes a room of a small alphabet", () => {
  expect(parseRoomName(" #Late  Night ")).toEqual({ room: "late-night" });
  expect(parseRoomName("a".repeat(maxRoomNameCount))).toEqual({ room: "a".repeat(maxRoomNameCount) });
});

test("[WB3] what cannot be a room is refused with the reason", () => {
  expect(parseRoomName(" # ")).toEqual({ problem: "Type the name of a room" });
  expect(parseRoomName("späti")).toHaveProperty("problem", expect.stringContaining("“ä”"));
  expect(parseRoomName("a".repeat(maxRoomNameCount + 1))).toHaveProperty(
    "problem",
    expect.stringContaining("at most 32"),
  );
});

test("[WB3] the address names the room, and nothing else does", () => {
  expect(roomOfHash(roomHash("random"))).toBe("random");
  for (const hash of ["", "#room", "#/", "#/%3Cscript%3E", "#/a/b"]) expect(roomOfHash(hash)).toBeUndefined();
});
