/** What `--slash` makes of a line, as wscat has it. */
export type SlashCommand =
  | { readonly type: "ping"; readonly data: string }
  | { readonly type: "close"; readonly code: number; readonly reason: string }
  | { readonly type: "unknown"; readonly name: string };

/** Reads `/ping [data]`, `/close [code] [reason]`; undefined for a line that is a message. */
export function readSlashCommand(line: string): SlashCommand | undefined {
  const [, name, rest = ""] = /^\/(\w*)\s*(.*)$/s.exec(line) ?? [];
  if (name === undefined) return undefined;
  if (name === "ping") return { type: name, data: rest };
  if (name !== "close") return { type: "unknown", name };
  const [, code = "1000", reason = ""] = /^(\d+)?\s*(.*)$/s.exec(rest) ?? [];
  return { type: "close", code: Number(code), reason };
}
