import { expect, test } from "vitest";
import { pageOf } from "./page.ts";

test("[DL1] a page of the store has the text of each entry's message, with its data as it was stored", () => {
  const user = { id: "u" };
  const entry = {
    offset: 8,
    tag: 80,
    previousTag: 70,
    event: "said",
    messageId: "m",
    user,
    atMs: 5,
    data: '{"n":1.0}',
  };
  const top = { epoch: "e", offset: 9, tag: 90 };
  const page = pageOf("room/1", { top, first: 3, tagAtAfter: 70, entries: [entry] });
  expect(page).toMatchObject({ top, first: 3, tagAtAfter: 70, deliveries: [{ offset: 8, tag: 80, previousTag: 70 }] });
  expect(page.deliveries[0]?.text).toBe(
    '{"type":"event","channel":"room/1","event":"said","offset":8,"tag":80,"messageId":"m","user":{"id":"u"},"atMs":5,"data":{"n":1.0}}',
  );
});
