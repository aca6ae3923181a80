import { expect, test } from "vitest";
import { judgeDataFrame } from "./judge-data-frame.ts";
import { maxCompressedBytes } from "./deflate.ts";

const limits = { maxMessageBytes: 100, maxFragmentCount: 3 };
const text = { opcode: 1, payloadBytes: 10, isCompressed: false };
const continuation = { ...text, opcode: 0 };
const begun = { byteCount: 80, fragmentCount: 1, isCompressed: false };

test("[MS2] a continuation continues a message, and nothing else comes within one", () => {
  expect(judgeDataFrame(text, undefined, limits)).toBeUndefined();
  expect(judgeDataFrame(continuation, begun, limits)).toBeUndefined();
  expect(judgeDataFrame(continuation, undefined, limits)).toMatchObject({ code: 1002 });
  expect(judgeDataFrame({ ...text, opcode: 2 }, begun, limits)).toEqual({
    code: 1002,
    reason: "A message must not begin within another, as with opcode 2",
  });
});

test("[LM1] a message has at most the limit, summed over its frames", () => {
  expect(judgeDataFrame({ ...text, payloadBytes: 100 }, undefined, limits)).toBeUndefined();
  expect(judgeDataFrame({ ...text, payloadBytes: 101 }, undefined, limits)).toMatchObject({ code: 1009 });
  expect(judgeDataFrame({ ...continuation, payloadBytes: 20 }, begun, limits)).toBeUndefined();
  expect(judgeDataFrame({ ...continuation, payloadBytes: 21 }, begun, limits)).toEqual({
    code: 1009,
    reason: "A message must not have more than 100 bytes",
  });
});

test("[PD9] a compressed one may have what could inflate to that, whichever frame says that it is compressed", () => {
  const most = maxCompressedBytes(100);
  const compressed = { ...text, isCompressed: true };
  expect(judgeDataFrame({ ...compressed, payloadBytes: most }, undefined, limits)).toBeUndefined();
  expect(judgeDataFrame({ ...compressed, payloadBytes: most + 1 }, undefined, limits)).toMatchObject({ code: 1009 });
  const within = { ...begun, isCompressed: true };
  expect(judgeDataFrame({ ...continuation, payloadBytes: most - 80 }, within, limits)).toBeUndefined();
  expect(judgeDataFrame({ ...continuation, payloadBytes: most - 79 }, within, limits)).toMatchObject({ code: 1009 });
});

test("[LM2] a message has at most so many frames", () => {
  expect(judgeDataFrame(continuation, { ...begun, fragmentCount: 2 }, limits)).toBeUndefined();
  expect(judgeDataFrame(continuation, { ...begun, fragmentCount: 3 }, limits)).toEqual({
    code: 1008,
    reason: "A message must not have more than 3 fragments",
  });
});
