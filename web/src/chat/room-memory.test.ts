import { expect, test } from "vitest";
import { memoryStorage } from "./key-value-storage.ts";
import { loadRoomMemory, maxRoomCount, saveRoomMemory } from "./room-memory.ts";

test("[WB4] open rooms and how far they were read survive a reload", () => {
  const storage = memoryStorage();
  saveRoomMemory(storage, { rooms: ["general", "late"], readOffsets: { general: 7, gone: 3 } });
  expect(loadRoomMemory(storage)).toEqual({ rooms: ["general", "late"], readOffsets: { general: 7 } });
});

test("[WB4] what someone else wrote there is as good as nothing", () => {
  for (const text of ["{", "7", '{"general":"x"}', '[1,null,"A B!","general","general"]']) {
    const storage = memoryStorage();
    storage.setItem("switchboard.rooms", text);
    storage.setItem("switchboard.read", text);
    expect(loadRoomMemory(storage)).toEqual({ rooms: text.startsWith("[") ? ["general"] : [], readOffsets: {} });
  }
});

test("[WB4] no more rooms are opened than the limit", () => {
  const storage = memoryStorage();
  storage.setItem(
    "switchboard.rooms",
    JSON.stringify(Array.from({ length: maxRoomCount + 1 }, (_, index) => `room-${index}`)),
  );
  expect(loadRoomMemory(storage).rooms).toHaveLength(maxRoomCount);
});
