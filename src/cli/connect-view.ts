/** How a connection is shown: payload on stdout, everything else on stderr. */
import { once } from "node:events";
import { clearLine, cursorTo, type Interface } from "node:readline";
import type { Writable } from "node:stream";
import { createColors } from "picocolors";
import { printable } from "./printable.ts";

export interface ConnectView {
  /** A message came. A promise asks for time: nothing more is read until then. */
  message(data: string | Uint8Array): Promise<void> | undefined;
  /** Something that is not the payload. */
  note(text: string): void;
}

/** For pipes: a line a text message; binary ones as they are, without a line end. */
export function createPlainView(output: Writable, errors: Writable): ConnectView {
  return {
    message: (data) => write(output, typeof data === "string" ? `${data}\n` : data),
    note: (text) => void errors.write(`${printable(text)}\n`),
  };
}

/** For programs: a JSON object a line; bytes in base64. */
export function createJsonView(output: Writable, errors: Writable): ConnectView {
  return {
    message(data) {
      const facts =
        typeof data === "string"
          ? { type: "message", opcode: "text", data }
          : { type: "message", opcode: "binary", data: Buffer.from(data).toString("base64") };
      return write(output, `${JSON.stringify(facts)}\n`);
    },
    note: (text) => void errors.write(`${printable(text)}\n`),
  };
}

/** For people at a terminal: above the line they are writing, with nothing in it that a terminal would obey. */
export function createTerminalView(
  output: Writable,
  { lines, hasColors }: { readonly lines: Interface; readonly hasColors: boolean },
): ConnectView {
  const { blue, dim } = createColors(hasColors);
  function show(text: string): void {
    clearLine(output, 0);
    cursorTo(output, 0);
    output.write(`${text}\n`);
    lines.prompt(true);
  }
  return {
    message(data) {
      show(`${blue("<")} ${typeof data === "string" ? printableLines(data) : dim(describeBytes(data))}`);
      return undefined;
    },
    note: (text) => show(dim(printable(text))),
  };
}

/** Line ends of a message are shown as such: JSON that was made for people stays legible. */
function printableLines(text: string): string {
  return text.split(/\r?\n/).map(printable).join("\n  ");
}

const shownBytes = 32;

function describeBytes(data: Uint8Array): string {
  const start = Buffer.from(data.subarray(0, shownBytes))
    .toString("hex")
    .replaceAll(/..(?=.)/g, "$& ");
  return `${data.length} ${data.length === 1 ? "byte" : "bytes"}: ${start}${data.length > shownBytes ? " …" : ""}`;
}

function write(output: Writable, data: string | Uint8Array): Promise<void> | undefined {
  if (output.write(data)) return undefined;
  return Promise.race([once(output, "drain"), once(output, "close")]).then(doNothing, doNothing);
}

function doNothing(): void {}
