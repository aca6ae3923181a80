import { expect, test } from "vitest";
import { decodeServerMsgpack, msgpackSubprotocol, subprotocol } from "../wire/index.ts";
import { codecOf, DeliveryForms, type Form, Forms } from "./forms.ts";

const json = { protocol: subprotocol };
const msgpack = { protocol: msgpackSubprotocol };
const text = JSON.stringify({
  type: "event",
  channel: "board",
  event: "update",
  offset: 1,
  tag: 2,
  messageId: "m",
  user: { id: "u" },
  atMs: 3,
  data: "AAEC",
});
const isBinary = (channel: string, event: string): boolean => channel === "board" && event === "update";

function payloadOf(form: Form): string | Uint8Array {
  return typeof form === "string" || form instanceof Uint8Array ? form : form.payload;
}

test("[WM9] the codec is what the handshake agreed on", () => {
  expect([json, msgpack, { protocol: "" }, { protocol: "chat" }].map((socket) => codecOf(socket))).toEqual([
    "json",
    "msgpack",
    undefined,
    undefined,
  ]);
});

test("[WM9] a message for many is encoded and framed once for each codec, whatever the number of its receivers", () => {
  let askedCount = 0;
  const forms = new Forms([text], true, (...asked) => {
    askedCount += 1;
    return isBinary(...asked);
  });
  const [one, two] = [forms.for(json), forms.for(msgpack)];
  expect([forms.for({ ...json }), forms.for({ ...msgpack })].map((form, index) => form === [one, two][index])).toEqual([
    true,
    true,
  ]);
  expect(askedCount).toBe(1);
  expect([one, two]).toMatchObject([
    { type: "prepared", opcode: "text" },
    { type: "prepared", opcode: "binary" },
  ]);
  expect(Buffer.from(payloadOf(one)).toString()).toBe(text);
  expect(decodeServerMsgpack(new Uint8Array(payloadOf(two) as Uint8Array))).toMatchObject([
    { message: { data: new Uint8Array([0, 1, 2]) } },
  ]);
});

test("[WM9] nobody's codec is not encoded, and a message for one is not framed twice", () => {
  const forms = new Forms(["no JSON at all"], false, isBinary);
  expect(forms.for(json)).toBe("no JSON at all");
  expect(new Forms([text], false, isBinary).for(msgpack)).toBeInstanceOf(Uint8Array);
});

test("[WM9] a delivery has the same forms for all who are sent it, sooner or later", () => {
  const deliveries = new DeliveryForms(isBinary);
  const delivery = { offset: 1, tag: 2, previousTag: 0, text };
  expect(deliveries.of(delivery).for(msgpack)).toBe(deliveries.of(delivery).for(msgpack));
  expect(deliveries.of({ ...delivery })).not.toBe(deliveries.of(delivery));
});
