import { expect, test } from "vitest";
import { Fragmenter } from "./fragmenter.ts";

test("[MS6] the first fragment says what the message is, the others continue it, and a surrogate pair may be cut", () => {
  const fragmenter = new Fragmenter();
  fragmenter.requireNone();
  expect(fragmenter.next("a\ud83d", false)).toEqual({ opcode: 1, payload: new TextEncoder().encode("a") });
  expect(() => fragmenter.requireNone()).toThrow(expect.objectContaining({ code: "ERR_MESSAGE_UNFINISHED" }));
  expect(() => fragmenter.next(Uint8Array.of(1), true)).toThrow(expect.objectContaining({ code: "ERR_PAYLOAD_TYPE" }));
  expect(fragmenter.next("\ude00", true)).toEqual({ opcode: 0, payload: new TextEncoder().encode("😀") });
  fragmenter.requireNone();
  expect(fragmenter.next(Uint8Array.of(1), true)).toEqual({ opcode: 2, payload: Uint8Array.of(1) });
});
