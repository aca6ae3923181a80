import { expect, test } from "vitest";
import { channels } from "switchboard/chat";
import { checkText, maxTextCount } from "./message-text.ts";

test("[WB12] the limit is the gateway's own", async () => {
  const { validate } = channels.chat.events.message.schema["~standard"];
  for (const text of ["x".repeat(maxTextCount), "x".repeat(maxTextCount + 1), "", "  ", "x"]) {
    const { issues } = await validate({ text });
    expect(checkText(text).canSend).toBe(issues === undefined);
  }
});

test("[WB12] the counter shows near the limit, and the excess is said in words", () => {
  expect(checkText("x".repeat(3_599)).leftCount).toBeUndefined();
  expect(checkText("x".repeat(3_600)).leftCount).toBe(400);
  expect(checkText("x".repeat(4_001))).toMatchObject({
    leftCount: -1,
    problem: "This message is 1 character too long. The limit is 4,000.",
  });
  expect(checkText("x".repeat(4_012)).problem).toContain("12 characters too long");
});
