import { expect, test } from "vitest";
import { type Broadcast, decodeBroadcast, encodeBroadcast } from "./broadcast.ts";

const text = '{ "b":1.0,\n"2":"\\u0061" }';
const broadcasts: readonly Broadcast[] = [
  { node: "n1", text },
  { node: "n 1", connection: 7, text: "" },
  { node: "n1", connection: 7, latest: { event: "quote", key: 'a "b"\n' }, text },
];

test.each(broadcasts)("[EP5] a broadcast is read as it was written, its text byte for byte: %o", (broadcast) => {
  expect(decodeBroadcast(encodeBroadcast(broadcast))).toStrictEqual(broadcast);
});
