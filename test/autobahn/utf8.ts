import { answered, type AutobahnCase, cut, failed, fragments, odd, type Step, text } from "./case.ts";

const hex = (digits: string): Buffer => Buffer.from(digits, "hex");
const greek = hex("cebae1bdb9cf83cebcceb5");
const euroText = Buffer.from("Hello-µ@ßöäüàá-UTF-8!!");
const badMiddle = hex("cebae1bdb9cf83cebcceb5eda080656469746564");
const badHigh = hex("cebae1bdb9cf83cebcceb5f4908080656469746564");

/** A payload in one go is answered if it is UTF-8, and else 1007. */
function judged(
  id: string,
  title: string,
  { payload, isValid }: { payload: Uint8Array; isValid: boolean },
): AutobahnCase {
  return isValid
    ? answered(id, title, { steps: [text(payload)], answers: [[1, payload]] })
    : failed(id, title, { steps: [text(payload)], code: 1007 });
}

function group(
  number: number,
  title: string,
  { valid = [], invalid = [] }: { valid?: string[]; invalid?: string[] },
): AutobahnCase[] {
  const all = [
    ...valid.map((digits) => ({ digits, isValid: true })),
    ...invalid.map((digits) => ({ digits, isValid: false })),
  ];
  return all.map(({ digits, isValid }, index) =>
    judged(`6.${number}.${index + 1}`, `${title}: ${digits}`, { payload: hex(digits), isValid }),
  );
}

const hello = (digits: string): string =>
  `${Buffer.from("hello").toString("hex")}${digits}${Buffer.from("world").toString("hex")}`;
// Where a prefix of the Greek word ends a character.
const wholePrefixes = new Set([2, 5, 7, 9, 11]);
const prefixes = Array.from({ length: greek.length }, (_, index) => index + 1);

function loneStarts(from: number, to: number): string {
  return Array.from({ length: to - from }, (_, index) => `${(from + index).toString(16)}20`).join("");
}

const cutShort = "c0 e080 f08080 f8808080 fc80808080 df efbf f7bfbf fbbfbfbf fdbfbfbfbf".split(" ");
const nonCharacters = ["f0", "f1", "f2", "f3", "f4"].flatMap((first) =>
  (first === "f4" ? ["8f"] : first === "f0" ? ["9f", "af", "bf"] : ["8f", "9f", "af", "bf"]).flatMap((second) =>
    ["be", "bf"].map((last) => `${first}${second}bf${last}`),
  ),
);

/** Fail fast: what cannot become UTF-8 any more is failed when it is read, though the message goes on. */
function failFast(id: string, title: string, steps: readonly Step[]): AutobahnCase {
  return failed(id, title, { steps, code: 1007 });
}

function part(payload: Uint8Array, to: number): Step {
  return { type: "part", first: 0x81, payload, to };
}

/** 6: the UTF-8 of text messages. */
export const utf8: readonly AutobahnCase[] = [
  answered("6.1.1", "an empty text", { steps: [text("")], answers: [[1, ""]] }),
  answered("6.1.2", "three empty fragments", { steps: fragments(1, ["", "", ""]), answers: [[1, ""]] }),
  answered("6.1.3", "an empty fragment, text and an empty fragment", {
    steps: fragments(1, ["", "middle frame payload", ""]),
    answers: [[1, "middle frame payload"]],
  }),
  answered("6.2.1", "text beyond ASCII in one fragment", { steps: [text(euroText)], answers: [[1, euroText]] }),
  answered("6.2.2", "text beyond ASCII cut between characters", {
    steps: fragments(1, [euroText.subarray(0, 12), euroText.subarray(12)]),
    answers: [[1, euroText]],
  }),
  answered("6.2.3", "text beyond ASCII in fragments of a byte", {
    steps: cut(1, euroText, 1),
    answers: [[1, euroText]],
  }),
  answered("6.2.4", "Greek in fragments of a byte", { steps: cut(1, greek, 1), answers: [[1, greek]] }),
  failed("6.3.1", "a surrogate in one fragment", { steps: [text(badMiddle)], code: 1007 }),
  failed("6.3.2", "a surrogate in fragments of a byte", { steps: cut(1, badMiddle, 1), code: 1007 }),
  failFast("6.4.1", "a bad second fragment of three, before the third", [odd(1, greek), odd(0, hex("f4908080"))]),
  failFast("6.4.2", "a bad second fragment of three, before all of it is there", [
    odd(1, Buffer.concat([greek, hex("f4")])),
    odd(0, hex("90")),
  ]),
  failFast("6.4.3", "a frame that is bad in its middle, before its end", [part(badHigh, greek.length + 4)]),
  failFast("6.4.4", "a frame that is bad in its middle, at the first bad byte", [part(badHigh, greek.length + 2)]),
  ...group(5, "valid", { valid: ["24", "c2a2", "e282ac", "f0a4ada2"].map(hello).concat(greek.toString("hex")) }),
  ...prefixes.map((length) =>
    judged(`6.6.${length}`, "a prefix of a Greek word", {
      payload: greek.subarray(0, length),
      isValid: wholePrefixes.has(length),
    }),
  ),
  ...group(7, "the first of a length", { valid: ["00", "c280", "e0a080", "f0908080"] }),
  ...group(8, "the first of a length that is too long", { invalid: ["f888808080", "fc8480808080"] }),
  ...group(9, "the last of a length", { valid: ["7f", "dfbf", "efbfbf", "f48fbfbf"] }),
  ...group(10, "the last of a length that is too long", { invalid: ["f7bfbfbf", "fbbfbfbfbf", "fdbfbfbfbfbf"] }),
  ...group(11, "a boundary", { valid: ["ed9fbf", "ee8080", "efbfbd", "f48fbfbf"], invalid: ["f4908080"] }),
  ...group(12, "a continuation of nothing", {
    invalid: [
      ..."80 bf 80bf 80bf80 80bf80bf 80bf80bf80 80bf80bf80bf".split(" "),
      Buffer.from(Array.from({ length: 63 }, (_, index) => 0x80 + index)).toString("hex"),
    ],
  }),
  ...group(13, "a lonely start", {
    invalid: [
      loneStarts(0xc0, 0xdf),
      loneStarts(0xe0, 0xef),
      loneStarts(0xf0, 0xf7),
      loneStarts(0xf8, 0xfb),
      loneStarts(0xfc, 0xfd),
    ],
  }),
  ...group(14, "the last byte is missing", { invalid: cutShort }),
  ...group(15, "many last bytes are missing", { invalid: [cutShort.join("")] }),
  ...group(16, "an impossible byte", { invalid: ["fe", "ff", "fefeffff"] }),
  ...group(17, "an overlong slash", { invalid: ["c0af", "e080af", "f08080af", "f8808080af", "fc80808080af"] }),
  ...group(18, "the longest overlong", { invalid: ["c1bf", "e09fbf", "f08fbfbf", "f887bfbfbf", "fc83bfbfbfbf"] }),
  ...group(19, "an overlong NUL", { invalid: ["c080", "e08080", "f0808080", "f880808080", "fc8080808080"] }),
  ...group(20, "a surrogate", { invalid: "eda080 edadbf edae80 edafbf edb080 edbe80 edbfbf".split(" ") }),
  ...group(21, "two surrogates", {
    invalid: ["eda080", "edadbf", "edae80", "edafbf"].flatMap((high) => ["edb080", "edbfbf"].map((low) => high + low)),
  }),
  ...group(22, "no character, but UTF-8", { valid: ["efbfbe", "efbfbf", ...nonCharacters] }),
  ...group(23, "a special", { valid: "efbfb9 efbfba efbfbb efbfbc efbfbd efbfbe efbfbf".split(" ") }),
];
