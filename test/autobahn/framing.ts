import { answered, type AutobahnCase, binary, close, failed, fragments, odd, ping, pong, text } from "./case.ts";

const sizes = [0, 125, 126, 127, 128, 65_535, 65_536];

/** 1: framing, at the lengths where the header changes. */
const lengths: readonly AutobahnCase[] = [
  { group: 1, make: text, opcode: 1, fill: "*", kind: "text" },
  { group: 2, make: binary, opcode: 2, fill: "\u{fe}", kind: "binary" },
].flatMap(({ group, make, opcode, fill, kind }) => {
  const payload = (size: number): Uint8Array => Buffer.alloc(size, fill, "latin1");
  return [
    ...sizes.map((size, index) =>
      answered(`1.${group}.${index + 1}`, `a ${kind} message of ${size} bytes comes back`, {
        steps: [make(payload(size))],
        answers: [[opcode, payload(size)]],
      }),
    ),
    answered(`1.${group}.8`, `a ${kind} message of 65536 bytes in chops of 997 comes back`, {
      steps: [make(payload(65_536), 997)],
      answers: [[opcode, payload(65_536)]],
    }),
  ];
});

const tenPings = Array.from({ length: 10 }, (_, index) => `payload-${index}`);

/** 2: pings and pongs. */
const pings: readonly AutobahnCase[] = [
  answered("2.1", "a ping without payload", { steps: [ping()], answers: [[10, ""]] }),
  answered("2.2", "a ping with text", { steps: [ping("Hello, world!")], answers: [[10, "Hello, world!"]] }),
  answered("2.3", "a ping with bytes that are no text", {
    steps: [ping(Buffer.from("00fffefdfcfb00ff", "hex"))],
    answers: [[10, Buffer.from("00fffefdfcfb00ff", "hex")]],
  }),
  answered("2.4", "a ping of 125 bytes", {
    steps: [ping(Buffer.alloc(125, 0xfe))],
    answers: [[10, Buffer.alloc(125, 0xfe)]],
  }),
  failed("2.5", "a ping of 126 bytes", { steps: [ping(Buffer.alloc(126, 0xfe))] }),
  answered("2.6", "a ping of 125 bytes, byte by byte", {
    steps: [ping(Buffer.alloc(125, 0xfe), 1)],
    answers: [[10, Buffer.alloc(125, 0xfe)]],
  }),
  answered("2.7", "a pong that nobody asked for", { steps: [pong()], answers: [] }),
  answered("2.8", "a pong with payload that nobody asked for", {
    steps: [pong("unsolicited pong payload")],
    answers: [],
  }),
  answered("2.9", "a pong that nobody asked for, then a ping", {
    steps: [pong("unsolicited pong payload"), ping("ping payload")],
    answers: [[10, "ping payload"]],
  }),
  answered("2.10", "ten pings in one go, each of which is answered", {
    steps: tenPings.map((payload) => ping(payload)),
    answers: tenPings.map((payload) => [10, payload]),
  }),
  answered("2.11", "ten pings byte by byte", {
    steps: tenPings.map((payload) => ping(payload, 1)),
    answers: tenPings.map((payload) => [10, payload]),
  }),
];

const hello = "Hello, world!";

/** 3: reserved bits. The messages before are answered, the ping behind is not. */
const reservedBits: readonly AutobahnCase[] = [
  failed("3.1", "RSV 1 on a text", { steps: [odd(0x91, hello)] }),
  failed("3.2", "a text, then one with RSV 2, then a ping", {
    steps: [text(hello), odd(0xa1, hello), ping()],
    answers: [[1, hello]],
  }),
  failed("3.3", "a text, then one with RSV 3, then a ping", {
    steps: [text(hello), odd(0xb1, hello), ping()],
    answers: [[1, hello]],
  }),
  failed("3.4", "a text, then one with RSV 4, then a ping, byte by byte", {
    steps: [text(hello, 1), odd(0xc1, hello, 1), ping("", 1)],
    answers: [[1, hello]],
  }),
  failed("3.5", "RSV 5 on binary", { steps: [odd(0xd2, Buffer.from("00fffefdfcfb00ff", "hex"))] }),
  failed("3.6", "RSV 6 on a ping", { steps: [odd(0xe9, hello)] }),
  failed("3.7", "RSV 7 on a close", { steps: [odd(0xf8, Buffer.of(3, 232))] }),
];

/** 4: reserved opcodes, of data (3-7) and of control (11-15). */
const opcodes: readonly AutobahnCase[] = [3, 11].flatMap((from, group) =>
  [0, 1, 2, 3, 4].map((index) => {
    const id = `4.${group + 1}.${index + 1}`;
    const payload = index === 0 || index === 2 ? "" : "reserved opcode payload";
    const bad = odd(0x80 | (from + index), payload);
    if (index < 2) return failed(id, `opcode ${from + index}`, { steps: [bad] });
    return failed(id, `a text, then opcode ${from + index}, then a ping`, {
      steps: [text(hello), bad, ping()],
      answers: [[1, hello]],
    });
  }),
);

const both = ["fragment1", "fragment2"] as const;
const five = ["fragment1", "fragment2", "fragment3", "fragment4", "fragment5"] as const;

/** A message of five fragments with a ping behind the second and the fourth. */
function withPings(
  id: string,
  { chopBytes, waits }: { readonly chopBytes?: number; readonly waits: boolean },
): AutobahnCase {
  const [one, two, three, four, last] = fragments(1, five, chopBytes);
  const wait = waits ? [{ type: "await" as const, frameCount: 1 }] : [];
  const steps = [one, two, ping("pongme 1!", chopBytes), ...wait, three, four, ping("pongme 2!", chopBytes), last];
  return answered(id, `five fragments with two pings between${waits ? ", the first answered at once" : ""}`, {
    steps: steps.filter((step) => step !== undefined),
    answers: [
      [10, "pongme 1!"],
      [10, "pongme 2!"],
      [1, five.join("")],
    ],
  });
}

/** 5: fragmentation. */
const fragmentation: readonly AutobahnCase[] = [
  failed("5.1", "a ping in two fragments", { steps: [odd(9, "fragment1"), odd(0x80, "fragment2")] }),
  failed("5.2", "a pong in two fragments", { steps: [odd(10, "fragment1"), odd(0x80, "fragment2")] }),
  ...[undefined, 0, 1].map((chop, index) =>
    answered(`5.${3 + index}`, "a text in two fragments", {
      steps: fragments(1, both, chop === 0 ? 4096 : chop),
      answers: [[1, both.join("")]],
    }),
  ),
  ...[undefined, 0, 1].map((chop, index) => {
    const chopBytes = chop === 0 ? 4096 : chop;
    const [first, last] = fragments(1, both, chopBytes);
    return answered(`5.${6 + index}`, "a text in two fragments with a ping between", {
      steps: [first, ping("ping payload", chopBytes), last].filter((step) => step !== undefined),
      answers: [
        [10, "ping payload"],
        [1, both.join("")],
      ],
    });
  }),
  ...[undefined, 4096, 1].map((chop, index) =>
    failed(`5.${9 + index}`, "a last continuation of nothing, then a text", {
      steps: [odd(0x80, "non-continuation payload", chop), text(hello, chop)],
    }),
  ),
  ...[undefined, 4096, 1].map((chop, index) =>
    failed(`5.${12 + index}`, "a continuation of nothing, then a text", {
      steps: [odd(0, "non-continuation payload", chop), text(hello, chop)],
    }),
  ),
  failed("5.15", "a text in two fragments, then a continuation of nothing, then a text in one", {
    steps: [...fragments(1, both), odd(0, "fragment3"), odd(0x81, "fragment4")],
    answers: [[1, both.join("")]],
  }),
  failed("5.16", "a continuation of nothing before a text in two, twice", {
    steps: [odd(0, "fragment1"), odd(1, "fragment2"), odd(0x80, "fragment3")],
  }),
  failed("5.17", "a last continuation of nothing before a text in two, twice", {
    steps: [odd(0x80, "fragment1"), odd(1, "fragment2"), odd(0x80, "fragment3")],
  }),
  failed("5.18", "a text in two fragments that both begin it", {
    steps: [odd(1, "fragment1"), odd(0x81, "fragment2")],
  }),
  withPings("5.19", { waits: true }),
  withPings("5.20", { waits: true, chopBytes: 1 }),
];

const longReason = "*".repeat(123);
const validCodes = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999];
const invalidCodes = [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999];

/** 7: closing. What comes behind a close frame is not answered. */
const closing: readonly AutobahnCase[] = [
  failed("7.1.1", "a text, then a close", {
    steps: [text("Hello World!"), close(1000)],
    answers: [[1, "Hello World!"]],
    code: 1000,
  }),
  failed("7.1.2", "two closes", { steps: [close(1000), close(1000)], code: 1000 }),
  failed("7.1.3", "a ping behind a close", { steps: [close(1000), ping()], code: 1000 }),
  failed("7.1.4", "a text behind a close", { steps: [close(1000), text("Hello World!")], code: 1000 }),
  failed("7.1.5", "a fragment, a close, the last fragment", {
    steps: [odd(1, "fragment1"), close(1000), odd(0x80, "fragment2")],
    code: 1000,
  }),
  failed("7.1.6", "256 KiB of text, a text, a close and a ping: both texts come back", {
    steps: [text(Buffer.alloc(262_144, "BAsd7&jh23")), text("Hello World!"), close(1000), ping()],
    answers: [
      [1, Buffer.alloc(262_144, "BAsd7&jh23")],
      [1, "Hello World!"],
    ],
    code: 1000,
  }),
  { ...failed("7.3.1", "a close without a code", { steps: [close()] }), closeCode: undefined },
  failed("7.3.2", "a close of one byte", { steps: [odd(0x88, "a")] }),
  failed("7.3.3", "a close with a code", { steps: [close(1000)], code: 1000 }),
  failed("7.3.4", "a close with a reason", { steps: [close(1000, "Hello World!")], code: 1000 }),
  failed("7.3.5", "a close with a reason of 123 bytes", { steps: [close(1000, longReason)], code: 1000 }),
  failed("7.3.6", "a close with a reason of 124 bytes", { steps: [close(1000, `${longReason}*`)] }),
  failed("7.5.1", "a close whose reason is not UTF-8", {
    steps: [close(1000, Buffer.from("cebae1bdb9cf83cebcceb5eda080656469746564", "hex"))],
    code: 1007,
  }),
  ...validCodes.map((code, index) =>
    failed(`7.7.${index + 1}`, `a close with ${code}`, { steps: [close(code)], code }),
  ),
  ...invalidCodes.map((code, index) =>
    failed(`7.9.${index + 1}`, `a close with ${code}, which may not be`, { steps: [close(code)] }),
  ),
  failed("7.13.1", "a close with 5000", { steps: [close(5000)] }),
  failed("7.13.2", "a close with 65535", { steps: [close(65_535)] }),
];

/** The groups 1 to 5 and 7. */
export const framing: readonly AutobahnCase[] = [
  ...lengths,
  ...pings,
  ...reservedBits,
  ...opcodes,
  ...fragmentation,
  ...closing,
];
