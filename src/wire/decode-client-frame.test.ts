import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeClientOp, type DecodedOp } from "./decode.ts";
import { decodeClientFrame } from "./decode-client-frame.ts";
import { packRequest } from "./msgpack-frames.ts";

function read(frame: string, maxOperationCount: number): readonly DecodedOp[] {
  return decodeClientFrame(frame, { codec: "json", maxOperationCount });
}

function opOf(id: number): string {
  return JSON.stringify({ type: "unsubscribe", id, channel: "chat/42" });
}

test("[WR20] a frame is one operation, or several in their order, with a line feed between two", () => {
  expect(read(opOf(1), 8)).toEqual([decodeClientOp(opOf(1))]);
  const three = read([opOf(3), opOf(1), opOf(2)].join("\n"), 8);
  expect(three.map((one) => one.type === "op" && one.op.id)).toEqual([3, 1, 2]);
});

test("[WR20] a line feed within a text of the data is escaped, as JSON has it, and parts nothing", () => {
  const data = "one\ntwo";
  const publish = { type: "publish", id: 1, channel: "c", event: "e", messageId: "m", data } as const;
  expect(read(JSON.stringify(publish), 8)).toEqual([{ type: "op", op: publish }]);
});

test("[WR21] one that cannot be read is refused by itself, with its id if that can be read", () => {
  const frame = [opOf(1), "{", '{"type":"subscribe","id":3}', "", opOf(5)].join("\n");
  expect(read(frame, 8)).toEqual(frame.split("\n").map(decodeClientOp));
  expect(read(frame, 8).map((one) => [one.type, one.type === "op" ? one.op.id : one.id])).toEqual([
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
  expect(read([1, 2, 3].map(opOf).join("\n"), 3).map(({ type }) => type)).toEqual(["op", "op", "op"]);
  expect(read([1, 2, 3, 4].map(opOf).join("\n"), 3)).toEqual([refused]);
  expect(read("\n".repeat(65_536), 3)).toEqual([refused]);
});

test("[WR22] without a limit there is none", () => {
  const many = Array.from({ length: 1000 }, (_, id) => opOf(id)).join("\n");
  expect(read(many, Infinity)).toHaveLength(1000);
});

test("[WR13] no text makes the decoder of frames throw, and each line has its answer", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary" }), { minLength: 1 }), (lines) => {
      const text = lines.join("\n");
      expect(read(text, 1000)).toHaveLength(text.split("\n").length);
    }),
  );
});

test("[WM4] MessagePack is read by the same rules: in order, each by itself, at most so many", () => {
  const frame = new Uint8Array(
    Buffer.concat([opOf(1), '{"type":"subscribe","id":3}', opOf(2)].map((text) => packRequest(text, false))),
  );
  const msgpack = (maxOperationCount: number) => decodeClientFrame(frame, { codec: "msgpack", maxOperationCount });
  expect(msgpack(3)).toEqual([opOf(1), '{"type":"subscribe","id":3}', opOf(2)].map(decodeClientOp));
  expect(msgpack(2)).toMatchObject([{ type: "refused", error: { code: "TOO_BIG" } }]);
  expect(msgpack(Infinity)).toHaveLength(3);
});

test("[WM8] a text frame of MessagePack and a binary frame of JSON are refused", () => {
  expect(decodeClientFrame(opOf(1), { codec: "msgpack", maxOperationCount: 8 })).toEqual([
    {
      type: "refused",
      error: { code: "BAD_MESSAGE", message: "Cannot read a text message: switchboard.v1+msgpack is binary" },
    },
  ]);
  expect(decodeClientFrame(packRequest(opOf(1), false), { codec: "json", maxOperationCount: 8 })).toEqual([
    {
      type: "refused",
      error: { code: "BAD_MESSAGE", message: "Cannot read a binary message: switchboard.v1+json is text" },
    },
  ]);
});
