import { expect, test } from "vitest";
import { Fragmenter } from "./fragmenter.ts";

const more = { isFinal: false };
const last = { isFinal: true };

test("[MS6] the first fragment says what the message is, the others continue it, and a surrogate pair may be cut", () => {
  const fragmenter = new Fragmenter(undefined);
  fragmenter.requireNone();
  expect(fragmenter.next("a\ud83d", more)).toEqual({ opcode: 1, rsv1: false, payload: new TextEncoder().encode("a") });
  expect(() => fragmenter.requireNone()).toThrow(expect.objectContaining({ code: "ERR_MESSAGE_UNFINISHED" }));
  expect(() => fragmenter.next(Uint8Array.of(1), last)).toThrow(expect.objectContaining({ code: "ERR_PAYLOAD_TYPE" }));
  expect(fragmenter.next("\ude00", last)).toEqual({ opcode: 0, rsv1: false, payload: new TextEncoder().encode("😀") });
  fragmenter.requireNone();
  expect(fragmenter.next(Uint8Array.of(1), last)).toEqual({ opcode: 2, rsv1: false, payload: Uint8Array.of(1) });
});

test("[PD23] a message is compressed as its first fragment says, to its end", () => {
  const told: unknown[] = [];
  const fragmenter = new Fragmenter({
    deflatePieces: () => (piece, isFinal) => {
      told.push(isFinal);
      return piece.map((byte) => byte + 1);
    },
  });
  const [one, two] = [Uint8Array.of(1), Uint8Array.of(2)];
  expect(fragmenter.next(one, { ...more, compress: true })).toEqual({ opcode: 2, rsv1: true, payload: two });
  expect(fragmenter.next(one, { ...last, compress: false })).toEqual({ opcode: 0, rsv1: false, payload: two });
  expect(fragmenter.next(one, more)).toEqual({ opcode: 2, rsv1: false, payload: one });
  expect(fragmenter.next(one, { ...last, compress: true })).toEqual({ opcode: 0, rsv1: false, payload: one });
  expect(told).toEqual([false, true]);
});

test("[PD23] where nothing is compressed, or the codec thinks better of it, no fragment is", () => {
  for (const codec of [undefined, { deflatePieces: () => undefined }]) {
    const fragment = new Fragmenter(codec).next(Uint8Array.of(1), { isFinal: true, compress: true });
    expect(fragment).toEqual({ opcode: 2, rsv1: false, payload: Uint8Array.of(1) });
  }
});
