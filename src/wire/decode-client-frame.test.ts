import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeClientOp } from "./decode.ts";
import { decodeClientFrame } from "./decode-client-frame.ts";

function opOf(id: number): string {
  return JSON.stringify({ type: "unsubscribe", id, channel: "chat/42" });
}

test("[WR20] a frame is one operation, or several in their order, with a line feed between two", () => {
  expect(decodeClientFrame(opOf(1), 8)).toEqual([decodeClientOp(opOf(1))]);
  const three = decodeClientFrame([opOf(3), opOf(1), opOf(2)].join("\n"), 8);
  expect(three.map((one) => one.type === "op" && one.op.id)).toEqual([3, 1, 2]);
});

test("[WR20] a line feed within a text of the data is escaped, as JSON has it, and parts nothing", () => {
  const data = "one\ntwo";
  const publish = { type: "publish", id: 1, channel: "c", event: "e", messageId: "m", data } as const;
  expect(decodeClientFrame(JSON.stringify(publish), 8)).toEqual([{ type: "op", op: publish }]);
});

test("[WR21] one that cannot be read is refused by itself, with its id if that can be read", () => {
  const frame = [opOf(1), "{", '{"type":"subscribe","id":3}', "", opOf(5)].join("\n");
  expect(decodeClientFrame(frame, 8)).toEqual(frame.split("\n").map(decodeClientOp));
  expect(decodeClientFrame(frame, 8).map((one) => [one.type, one.type === "op" ? one.op.id : one.id])).toEqual([
    ["op", 1],
    ["refused", undefined],
    ["refused", 3],
    ["refused", undefined],
    ["op", 5],
  ]);
});

test("[WR22] as many operations as may be are read; one more, and the frame is refused as a whole", () => {
  const refused = {
    type: "refused",
    error: { code: "TOO_BIG", message: "Cannot read a frame of more than 3 operations" },
  };
  expect(decodeClientFrame([1, 2, 3].map(opOf).join("\n"), 3).map(({ type }) => type)).toEqual(["op", "op", "op"]);
  expect(decodeClientFrame([1, 2, 3, 4].map(opOf).join("\n"), 3)).toEqual([refused]);
  expect(decodeClientFrame("\n".repeat(65_536), 3)).toEqual([refused]);
});

test("[WR22] without a limit there is none", () => {
  const many = Array.from({ length: 1000 }, (_, id) => opOf(id)).join("\n");
  expect(decodeClientFrame(many, Infinity)).toHaveLength(1000);
});

test("[WR13] no text makes the decoder of frames throw, and each line has its answer", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary" }), { minLength: 1 }), (lines) => {
      const text = lines.join("\n");
      expect(decodeClientFrame(text, 1000)).toHaveLength(text.split("\n").length);
    }),
  );
});
