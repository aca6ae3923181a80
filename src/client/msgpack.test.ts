import { expect, test } from "vitest";
import { packMessage } from "../wire/index.ts";
import { jsonCodec } from "./json-codec.ts";
import { msgpack } from "./msgpack.ts";

const publish = { type: "publish", id: 1, channel: "board", event: "update", messageId: "m" };
const written = (data: unknown, hasBytes = false) => ({ text: JSON.stringify({ ...publish, data }), hasBytes });
const ping = packMessage('{"type":"ping"}', () => false);

test("[CC62] requests are written one behind the other into one binary frame, bytes as they are", () => {
  const requests = [written("AAEC", true), written({ a: 1 })];
  const frame = msgpack.frameOf(requests);
  expect(frame).toBeInstanceOf(Uint8Array);
  expect(Buffer.from(frame as Uint8Array).includes(Buffer.from([0xc4, 3, 0, 1, 2]))).toBe(true);
  expect(frame.length).toBe(requests.reduce((bytes, request) => bytes + msgpack.sizeOf(request), 0));
  expect(msgpack.frameOf([])).toEqual(new Uint8Array());
});

test("[CC62] what a request takes is counted as it will be written", () => {
  const bytes = Buffer.alloc(3000).toString("base64");
  expect(msgpack.sizeOf(written(bytes, true))).toBeLessThan(0.76 * jsonCodec.sizeOf(written(bytes, true)));
  // Numbers may take more than in JSON.
  expect(msgpack.sizeOf(written([0.1, 0.2]))).toBe(msgpack.sizeOf(written([])) + 18);
});

test("[CC62] a frame is read as a browser gives it, and as Node does; text is refused", () => {
  const message = { type: "message", message: { type: "ping" } };
  expect(msgpack.read(ping)).toEqual([message]);
  expect(msgpack.read(ping.buffer)).toEqual([message]);
  expect(msgpack.read('{"type":"ping"}')).toEqual([
    { type: "refused", reason: "Cannot read a message: it is text, switchboard.v1+msgpack is binary" },
  ]);
});
