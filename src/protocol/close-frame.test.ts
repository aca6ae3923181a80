import { expect, test } from "vitest";
import { encodeClose, readClose } from "./close-frame.ts";
import { checkOptions } from "./connection-options.ts";

const { ports } = checkOptions({ role: "server" });

function read(hex: string): unknown {
  return readClose(new Uint8Array(Buffer.from(hex, "hex")), ports);
}

test("[CL1] code and reason are read", () => {
  expect(read("03e8")).toEqual({ type: "close", code: 1000, reason: "" });
  expect(read("1387e282ac")).toEqual({ type: "close", code: 4999, reason: "€" });
});

test("[CL2] without a code it is 1005", () => {
  expect(read("")).toEqual({ type: "close", code: 1005, reason: "" });
});

test("[CL3] a code that must not be sent is refused with 1002", () => {
  expect(read("03ed")).toEqual({ type: "fault", code: 1002, reason: "Close code 1005 must not be sent" });
});

test("[CL4] a reason that is not UTF-8 is refused with 1007", () => {
  expect(read("03e8ff")).toMatchObject({ type: "fault", code: 1007 });
  expect(read("03e8e282")).toMatchObject({ type: "fault", code: 1007 });
});

test("[CL8] what is encoded is read again; a reason of 123 bytes fits, one of 124 does not", () => {
  expect(encodeClose(undefined, "")).toHaveLength(0);
  const payload = encodeClose(3000, "é".repeat(61) + "x");
  expect(payload).toHaveLength(125);
  expect(readClose(payload, ports)).toEqual({ type: "close", code: 3000, reason: "é".repeat(61) + "x" });
  const refused = expect.objectContaining({ code: "ERR_CLOSE_REASON" });
  expect(() => encodeClose(3000, "é".repeat(62))).toThrow(refused);
  expect(() => encodeClose(undefined, "bye")).toThrow(refused);
});

test("[CL8] a code that must not be sent is refused", () => {
  const refused = expect.objectContaining({ code: "ERR_CLOSE_CODE" });
  for (const code of [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 1000.5, Number.NaN]) {
    expect(() => encodeClose(code, "")).toThrow(refused);
  }
});
