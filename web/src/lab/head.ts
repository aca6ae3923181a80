import { latin1Of } from "./bytes.ts";

/** One line of a head, and which bytes of it. */
export interface HeadLine {
  readonly from: number;
  readonly to: number;
  /** The header's name; of the first line, and of the empty one, undefined. */
  readonly name: string | undefined;
  readonly text: string;
}

/** The lines of a request or a response, CR LF left out; the last is the empty one. What follows it is no head. */
export function readHead(bytes: Uint8Array): readonly HeadLine[] {
  const text = latin1Of(bytes);
  const lines: HeadLine[] = [];
  for (let from = 0; from < text.length;) {
    const end = text.indexOf("\r\n", from);
    const to = end < 0 ? text.length : end + 2;
    const line = text.slice(from, end < 0 ? text.length : end);
    const name = lines.length === 0 || !line.includes(":") ? undefined : line.slice(0, line.indexOf(":"));
    lines.push({ from, to, name, text: line });
    if (line === "") break;
    from = to;
  }
  return lines;
}

/** The value of a header, by its name in any case. */
export function findHeader(lines: readonly HeadLine[], name: string): string | undefined {
  const line = lines.find((one) => one.name?.toLowerCase() === name.toLowerCase());
  return line?.text.slice(name.length + 1).trim();
}
