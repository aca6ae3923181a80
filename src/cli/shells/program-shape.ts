/** The command line as data: what its completions and its man page are made of. */
import type { Command, Option } from "commander";

export interface OptionShape {
  /** `--json`, `-q`: as they are typed. */
  readonly names: readonly string[];
  /** `<count>`; empty where it takes nothing. */
  readonly value: string;
  readonly description: string;
  /** All that it may be, where that is a list. */
  readonly choices: readonly string[];
  /** What the value is, for a shell that completes it. */
  readonly takes: "nothing" | "text" | "file" | "folder";
  /** For people; empty where there is none. */
  readonly defaultText: string;
  readonly variable: string | undefined;
}

export interface CommandShape {
  readonly name: string;
  readonly description: string;
  readonly usage: string;
  readonly operands: readonly {
    readonly name: string;
    readonly description: string;
    readonly choices: readonly string[];
  }[];
  readonly options: readonly OptionShape[];
  /** What its help says below the options. */
  readonly afterHelp: string;
}

/** Reads the commands of a program, its help option among those of each. */
export function readProgram(program: Command): readonly CommandShape[] {
  const help = program.createHelp();
  return help
    .visibleCommands(program)
    .filter((command) => command.name() !== "help")
    .map((command) => ({
      name: command.name(),
      description: command.description(),
      usage: command.usage(),
      operands: command.registeredArguments.map((argument) => ({
        name: argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
        description: argument.description,
        choices: argument.argChoices ?? [],
      })),
      options: help.visibleOptions(command).map(readOption),
      afterHelp: readAfterHelp(command),
    }));
}

export function readOption(option: Option): OptionShape {
  const { argChoices = [], defaultValue, defaultValueDescription, description, envVar, flags } = option;
  const [, value = ""] = /([<[].*[>\]])$/.exec(flags) ?? [];
  const said: unknown = defaultValueDescription ?? defaultValue;
  return {
    names: [option.short, option.long].filter((name) => name !== undefined && name !== null),
    value,
    description,
    choices: argChoices,
    takes: value === "" ? "nothing" : /file/.test(value) ? "file" : /folder/.test(value) ? "folder" : "text",
    defaultText: typeof said === "string" || typeof said === "number" ? String(said) : "",
    variable: envVar,
  };
}

/** What `addHelpText` was given: all that is written as help, without what commander makes by itself. */
function readAfterHelp(command: Command): string {
  const { writeOut } = command.configureOutput();
  let text = "";
  command.configureOutput({ writeOut: (part) => void (text += part) });
  command.outputHelp();
  if (writeOut !== undefined) command.configureOutput({ writeOut });
  return text.slice(command.helpInformation().length).trim();
}
