import { expect, test } from "vitest";
import { checkOptions, longestMessageBytes } from "./connection-options.ts";

test("[LM5] defaults stand in for what is not given, and text is decoded with its byte order mark", () => {
  const options = checkOptions({ role: "server", createMaskingKey: () => 0 });
  expect(options).toMatchObject({ limits: { maxMessageBytes: 2 ** 20, maxFragmentCount: 1024 }, codec: undefined });
  expect(options.createMaskingKey).toBeUndefined();
  expect(options.ports.decodeText(Uint8Array.of(0x20, 0xef, 0xbb, 0xbf, 0x61, 0x20), 1, 5)).toBe("\ufeffa");
  expect(options.ports.isUtf8(Uint8Array.of(0xe2, 0x82, 0xac))).toBe(true);
  expect(options.ports.isUtf8(Uint8Array.of(0xe2, 0x82))).toBe(false);
  expect(options.ports.allocate(3)).toEqual(new Uint8Array(3));
});

test("[LM5] what is given is taken, and Infinity is the longest string there is", () => {
  const createMaskingKey = (): number => 0;
  const decodeText = (): string => "";
  const isUtf8 = (): boolean => true;
  const allocate = (): Uint8Array => new Uint8Array(0);
  const unmask = (): boolean => true;
  const given = {
    role: "client",
    maxMessageBytes: Infinity,
    maxFragmentCount: 1,
    createMaskingKey,
    decodeText,
    isUtf8,
    allocate,
    unmask,
  } as const;
  expect(checkOptions(given)).toEqual({
    limits: { maxMessageBytes: longestMessageBytes, maxFragmentCount: 1 },
    createMaskingKey,
    ports: { decodeText, isUtf8, allocate, unmask },
    codec: undefined,
    answersPings: true,
    tellsPieces: false,
    tellsBytes: false,
    answersCloses: true,
  });
});

test("[LM5] connections that are given the same functions share them, others do not", () => {
  const given = {
    decodeText: (): string => "",
    isUtf8: (): boolean => true,
    allocate: (): Uint8Array => new Uint8Array(0),
    unmask: (): boolean => true,
  };
  const all = [
    { ...given },
    { ...given, decodeText: (): string => "other" },
    { ...given, isUtf8: (): boolean => false },
    { ...given, allocate: (): Uint8Array => new Uint8Array(9) },
    { ...given, unmask: (): boolean => false },
  ];
  for (const ports of all) {
    const options = { role: "server", ...ports } as const;
    expect(checkOptions(options).ports).toEqual(ports);
    expect(checkOptions(options).ports).toBe(checkOptions(options).ports);
    expect(checkOptions({ role: "server", ...given }).ports).toEqual(given);
  }
});

test("[ST4] a message that is told in pieces may be longer than any string", () => {
  const options = { role: "server", tellsPieces: true } as const;
  expect(checkOptions({ ...options, maxMessageBytes: Infinity }).limits.maxMessageBytes).toBe(Infinity);
  expect(checkOptions(options).limits.maxMessageBytes).toBe(2 ** 20);
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
