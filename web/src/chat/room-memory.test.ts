import { expect, test } from "vitest";
import { memoryStorage } from "./key-value-storage.ts";
import { loadRoomMemory, maxRoomCount, maxServerCount, saveRoomMemory } from "./room-memory.ts";

test("[WB4] open rooms and how far they were read survive a reload", () => {
  const storage = memoryStorage();
  const memory = { servers: ["acme"], rooms: ["general", "acme.late"] };
  saveRoomMemory(storage, { ...memory, readOffsets: { general: 7, gone: 3 } });
  expect(loadRoomMemory(storage)).toEqual({ ...memory, readOffsets: { general: 7 } });
});

test("[WB4] what someone else wrote there is as good as nothing", () => {
  for (const text of ["{", "7", '{"general":"x"}', '[1,null,"A B!","general","general"]']) {
    const storage = memoryStorage();
    storage.setItem("switchboard.rooms", text);
    storage.setItem("switchboard.read", text);
    storage.setItem("switchboard.servers", text);
    const names = text.startsWith("[") ? ["general"] : [];
    expect(loadRoomMemory(storage)).toEqual({ servers: names, rooms: names, readOffsets: {} });
  }
});

test("[WB4] no more rooms are opened than the limit", () => {
  const storage = memoryStorage();
  storage.setItem(
    "switchboard.rooms",
    JSON.stringify(Array.from({ length: maxRoomCount + 1 }, (_, index) => `room-${index}`)),
  );
  expect(loadRoomMemory(storage).rooms).toHaveLength(maxRoomCount);
  const offsets = Object.fromEntries(Array.from({ length: maxRoomCount + 1 }, (_, index) => [`room-${index}`, index]));
  storage.setItem("switchboard.read", JSON.stringify(offsets));
  expect(Object.keys(loadRoomMemory(storage).readOffsets)).toHaveLength(maxRoomCount);
  const names = Array.from({ length: maxServerCount + 1 }, (_, index) => `server-${index}`);
  storage.setItem("switchboard.servers", JSON.stringify(["home", ...names]));
  expect(loadRoomMemory(storage).servers).toEqual(names.slice(0, maxServerCount));
});
