import { expect, test } from "vitest";
import {
  checkFullName,
  fullName,
  maxRoomNameCount,
  parseRoomName,
  roomHash,
  roomOfHash,
  splitName,
} from "./room-name.ts";

test("[WB3] what a person types becomes a room of a small alphabet", () => {
  expect(parseRoomName(" #Late  Night ")).toEqual({ room: "late-night" });
  expect(parseRoomName("a".repeat(maxRoomNameCount))).toEqual({ room: "a".repeat(maxRoomNameCount) });
});

test("[WB3] what cannot be a room is refused with the reason", () => {
  expect(parseRoomName(" # ")).toEqual({ problem: "Type a name" });
  expect(parseRoomName("späti")).toHaveProperty("problem", expect.stringContaining("“ä”"));
  expect(parseRoomName("a".repeat(maxRoomNameCount + 1))).toHaveProperty(
    "problem",
    expect.stringContaining("at most 32"),
  );
});

test("[WB3] the address names the room and its server, and nothing else does", () => {
  for (const name of ["random", "acme.general"]) expect(roomOfHash(roomHash(name))).toBe(name);
  expect(roomHash("acme.general")).toBe("#/acme/general");
  expect(roomOfHash("#/home/random")).toBe("random");
  for (const hash of ["", "#room", "#/", "#/%3Cscript%3E", "#/a/", "#//a", "#/a/b/c", "#/a.b"]) {
    expect(roomOfHash(hash)).toBeUndefined();
  }
});

test("[WB3] a room of another server has that server's name before its own", () => {
  expect([fullName("home", "general"), fullName("acme", "general")]).toEqual(["general", "acme.general"]);
  expect(splitName("general")).toEqual({ server: "home", room: "general" });
  expect(splitName("acme.general")).toEqual({ server: "acme", room: "general" });
  expect(["a", "a.b"].map(checkFullName)).toEqual(["a", "a.b"]);
  const wrong = ["", "a.", ".a", "a.b.c", "A", "home.general", "home"];
  expect(wrong.map(checkFullName)).toEqual(wrong.map(() => undefined));
});
