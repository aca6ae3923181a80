/** The man page, as groff's man macros have it (man(7)). */
import type { CommandShape, OptionShape } from "./program-shape.ts";

export interface ManPageOptions {
  readonly version: string;
  readonly description: string;
  readonly commands: readonly CommandShape[];
}

export function writeManPage({ commands, description, version }: ManPageOptions): string {
  const lines = [
    `.TH SWITCHBOARD 1 "" "switchboard ${version}" "User Commands"`,
    ".SH NAME",
    `switchboard \\- ${escape(description)}`,
    ".SH SYNOPSIS",
    ".B switchboard",
    ".I command",
    ".RI [ options ]",
    ".RI [ arguments ]",
    ".SH COMMANDS",
    ...commands.flatMap(({ description: what, name }) => [".TP", `.B ${name}`, escape(what)]),
    ...commands.flatMap(writeCommand),
    ".SH ENVIRONMENT",
    ...writeVariables(commands),
    ".TP",
    ".B NO_COLOR",
    "switches colours off",
    ".SH SEE ALSO",
    "docs/guide/command\\-line.md and SPEC.md of the package",
  ];
  return `${lines.join("\n")}\n`;
}

function writeCommand({ afterHelp, description, name, operands, options, usage }: CommandShape): readonly string[] {
  return [
    `.SH ${name.toUpperCase()}`,
    `.B switchboard ${name}`,
    ...(usage === "" ? [] : [`.RI ${quote(usage)}`]),
    ".PP",
    `${capitalize(escape(description))}.`,
    ...operands.flatMap((operand) => [".TP", `.I ${quote(operand.name)}`, escape(operand.description)]),
    ...options.flatMap(writeOption),
    ...(afterHelp === "" ? [] : [".PP", ".nf", ...afterHelp.split("\n").map(escape), ".fi"]),
  ];
}

function writeOption({ choices, defaultText, description, names, value, variable }: OptionShape): readonly string[] {
  const facts = [
    ...(choices.length > 0 ? [`one of ${choices.join(", ")}`] : []),
    ...(defaultText === "" ? [] : [`default ${defaultText}`]),
    ...(variable === undefined ? [] : [`or ${variable}`]),
  ];
  const tail = facts.length === 0 ? "" : ` (${facts.join("; ")})`;
  const typed = names.map((name) => String.raw`\fB${escape(name)}\fR`).join(", ");
  return [".TP", `${typed}${value === "" ? "" : String.raw` \fI${escape(value)}\fR`}`, escape(description + tail)];
}

/** Each variable once, with the commands that read it. */
function writeVariables(commands: readonly CommandShape[]): readonly string[] {
  const readers = new Map<string, string[]>();
  for (const { name, options } of commands) {
    for (const { variable } of options) {
      if (variable !== undefined) readers.set(variable, [...(readers.get(variable) ?? []), name]);
    }
  }
  return [...readers]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([variable, names]) => [".TP", `.B ${variable}`, `read by ${names.join(", ")}`]);
}

/** A line that begins with a dot or an apostrophe would be a request; a hyphen is typed as one (groff_char(7)). */
function escape(text: string): string {
  const plain = text.replaceAll("\\", String.raw`\e`).replaceAll("-", String.raw`\-`);
  return /^[.']/.test(plain) ? String.raw`\&${plain}` : plain;
}

function quote(text: string): string {
  return `"${escape(text).replaceAll('"', String.raw`\(dq`)}"`;
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
