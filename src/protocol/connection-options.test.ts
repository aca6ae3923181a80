import { expect, test } from "vitest";
import { checkOptions, longestMessageBytes } from "./connection-options.ts";

test("[LM5] defaults stand in for what is not given, and text is decoded with its byte order mark", () => {
  const options = checkOptions({ role: "server", createMaskingKey: () => 0 });
  expect(options).toMatchObject({ maxMessageBytes: 2 ** 20, maxFragmentCount: 1024, codec: undefined });
  expect(options.createMaskingKey).toBeUndefined();
  expect(options.decodeText(Uint8Array.of(0x20, 0xef, 0xbb, 0xbf, 0x61, 0x20), 1, 5)).toBe("\ufeffa");
});

test("[LM5] what is given is taken, and Infinity is the longest string there is", () => {
  const createMaskingKey = (): number => 0;
  const decodeText = (): string => "";
  const given = {
    role: "client",
    maxMessageBytes: Infinity,
    maxFragmentCount: 1,
    createMaskingKey,
    decodeText,
  } as const;
  expect(checkOptions(given)).toEqual({
    maxMessageBytes: longestMessageBytes,
    maxFragmentCount: 1,
    createMaskingKey,
    decodeText,
    codec: undefined,
    answersPings: true,
    answersCloses: true,
  });
});

test("[LM5] a limit that is none, or a client without masking keys, is refused", () => {
  for (const options of [
    { role: "server", maxMessageBytes: 0 },
    { role: "server", maxFragmentCount: 1.5 },
    { role: "client" },
  ] as const) {
    expect(() => checkOptions(options)).toThrow(expect.objectContaining({ code: "ERR_OPTION" }));
  }
});
