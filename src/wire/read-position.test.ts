import { expect, test } from "vitest";
import { FieldReader } from "./field-reader.ts";
import { readPosition } from "./read-position.ts";

const position = { epoch: "0123456789abcdef", offset: 7, tag: 9 };

test("[WR17] a position is an epoch, an offset and a tag, to the end of their ranges", () => {
  for (const value of [
    position,
    { ...position, offset: 0, tag: 0 },
    { ...position, offset: 2 ** 53 - 1, tag: 2 ** 32 - 1 },
  ]) {
    const fields = FieldReader.of(value);
    expect(readPosition(fields)).toEqual(value);
    expect(fields.fault()).toBeUndefined();
  }
});

const epoch = "epoch must be 16 of 0-9 a-f";
const offset = "offset must be an integer 0-9007199254740991";
const tag = "tag must be an integer 0-4294967295";
const faults = [
  [{ ...position, epoch: "0123456789ABCDEF" }, `${epoch}, got "0123456789ABCDEF"`],
  [{ ...position, epoch: "0123456789abcde" }, `${epoch}, got "0123456789abcde"`],
  [{ ...position, epoch: 1 }, `${epoch}, got 1`],
  [{ ...position, offset: -1 }, `${offset}, got -1`],
  [{ ...position, offset: 1.5 }, `${offset}, got 1.5`],
  [{ ...position, offset: 2 ** 53 }, `${offset}, got 9007199254740992`],
  [{ ...position, offset: "1" }, `${offset}, got "1"`],
  [{ ...position, tag: 2 ** 32 }, `${tag}, got 4294967296`],
  [{ ...position, tag: null }, `${tag}, got null`],
  [{}, `${epoch}, got nothing`],
] as const;
test.each(faults)("[WR17] %j is refused by field", (value, reason) => {
  const fields = FieldReader.of(value);
  readPosition(fields);
  expect(fields.fault()).toEqual({ code: "BAD_MESSAGE", reason });
});
