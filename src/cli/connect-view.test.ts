import type { Interface } from "node:readline";
import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { createJsonView, createPlainView, createTerminalView } from "./connect-view.ts";

/** What is written, as text of one character a byte. */
function collect(highWaterMark?: number): { readonly stream: PassThrough; readonly text: () => string } {
  const stream = new PassThrough(highWaterMark === undefined ? {} : { highWaterMark });
  return { stream, text: () => ((stream.read() as Buffer | null) ?? Buffer.alloc(0)).toString("latin1") };
}

/** A line that is being written, and what was asked of it. */
function createLine(): { readonly lines: Interface; readonly prompts: (boolean | undefined)[] } {
  const prompts: (boolean | undefined)[] = [];
  return { lines: { prompt: (isKept?: boolean) => prompts.push(isKept) } as unknown as Interface, prompts };
}

test("[CM50] in a pipe a text is a line and bytes are as they are; notes go elsewhere, with nothing a terminal would obey", () => {
  const [output, errors] = [collect(), collect()];
  const view = createPlainView(output.stream, errors.stream);
  expect(view.message("\u001b[2Jas it is")).toBeUndefined();
  void view.message(Uint8Array.of(0, 255, 10));
  view.note("Closed by \u001b[31mthem\u0007");
  expect(output.text()).toBe("\u001b[2Jas it is\n\u0000\u00ff\n");
  expect(errors.text()).toBe("Closed by \\e[31mthem\\u0007\n");
});

test("[CM51] as JSON a message is one object on one line, bytes in base64", () => {
  const [output, errors] = [collect(), collect()];
  const view = createJsonView(output.stream, errors.stream);
  void view.message("two\nlines");
  void view.message(Uint8Array.of(251, 255));
  view.note("a note\n");
  expect(output.text().split("\n")).toEqual([
    '{"type":"message","opcode":"text","data":"two\\nlines"}',
    '{"type":"message","opcode":"binary","data":"+/8="}',
    "",
  ]);
  expect(errors.text()).toBe("a note\\n\n");
});

test("[CM50] a reader that is slow is waited for, and one that is gone is not", async () => {
  for (const createView of [createPlainView, createJsonView]) {
    const slow = collect(10);
    const view = createView(slow.stream, collect().stream);
    const waiting = view.message("more than ten bytes");
    expect(waiting).toBeInstanceOf(Promise);
    slow.text();
    await waiting;
    const more = view.message("more than ten bytes");
    slow.stream.destroy();
    await more;
    expect(slow.stream.destroyed).toBe(true);
  }
});

test("[CM53] at a terminal a message is shown above the line that is being written, which stays", () => {
  const output = collect();
  const { lines, prompts } = createLine();
  const view = createTerminalView(output.stream, { lines, hasColors: false });
  expect(view.message("hello")).toBeUndefined();
  view.note("Closed");
  expect(output.text()).toBe("\u001b[2K\u001b[1G< hello\n\u001b[2K\u001b[1GClosed\n");
  expect(prompts).toEqual([true, true]);
});

test("[CM53] its lines stay lines, and nothing of it moves the cursor or hides what stands before it", () => {
  const output = collect();
  const view = createTerminalView(output.stream, { lines: createLine().lines, hasColors: false });
  void view.message("{\r\n\t1\u001b[2J\u202e\n}");
  view.note("by \u001b[31mthem\n");
  expect(output.text().replaceAll("\u001b[2K\u001b[1G", "")).toBe("< {\n  \t1\\e[2J\\u202e\n  }\nby \\e[31mthem\\n\n");
});

test("[CM53] bytes are shown as numbers, 32 at most, with how many there are", () => {
  const output = collect();
  const view = createTerminalView(output.stream, { lines: createLine().lines, hasColors: false });
  for (const bytes of [[], [1], [0, 255], Array<number>(32).fill(7), Array<number>(33).fill(7)]) {
    void view.message(Uint8Array.from(bytes));
  }
  const sevens = Array<string>(32).fill("07").join(" ");
  const shown = output.text().replaceAll("\u001b[2K\u001b[1G", "");
  // The output is read as bytes: … has three.
  expect(Buffer.from(shown, "latin1").toString().split("\n")).toEqual([
    "< 0 bytes: ",
    "< 1 byte: 01",
    "< 2 bytes: 00 ff",
    `< 32 bytes: ${sevens}`,
    `< 33 bytes: ${sevens} …`,
    "",
  ]);
});

test("[CM53] with colours the arrow is blue, bytes and notes are dim", () => {
  const output = collect();
  const view = createTerminalView(output.stream, { lines: createLine().lines, hasColors: true });
  void view.message("a");
  void view.message(Uint8Array.of(1));
  view.note("note");
  expect(output.text().replaceAll("\u001b[2K\u001b[1G", "").split("\n")).toEqual([
    "\u001b[34m<\u001b[39m a",
    "\u001b[34m<\u001b[39m \u001b[2m1 byte: 01\u001b[22m",
    "\u001b[2mnote\u001b[22m",
    "",
  ]);
});
