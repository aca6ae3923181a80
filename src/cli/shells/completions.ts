/** Scripts that complete the command line in a shell. They know it all: no program is started for a key. */
import type { CommandShape, OptionShape } from "./program-shape.ts";

export const shells = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof shells)[number];

export function writeCompletions(shell: Shell, commands: readonly CommandShape[]): string {
  switch (shell) {
    case "bash":
      return writeBash(commands);
    case "zsh":
      return writeZsh(commands);
    case "fish":
      return writeFish(commands);
    default:
      return shell satisfies never;
  }
}

/** Options of the program itself. */
const programOptions = "-V --version -h --help";

// ---- bash

function writeBash(commands: readonly CommandShape[]): string {
  const cases = commands.map(({ name, operands, options }) => {
    const [flags, choices] = [options.flatMap(({ names }) => names), operands.flatMap((operand) => operand.choices)];
    return `    ${name}) flags="${flags.join(" ")}" words="${choices.join(" ")}" ;;`;
  });
  const values = commands.flatMap(({ name, options }) =>
    options.flatMap((option) => (option.takes === "nothing" ? [] : [bashValue(name, option)])),
  );
  return `# Completes switchboard in bash. To load it: source <(switchboard completions bash)
_switchboard() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD - 1]}"
  local command="\${COMP_WORDS[1]}" flags="" words=""
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    command="" flags="${programOptions}" words="${commands.map(({ name }) => name).join(" ")}"
  fi
  case "$command $previous" in
${values.join("\n")}
  esac
  case "$command" in
${cases.join("\n")}
  esac
  if [[ $current == -* ]]; then words="$flags"; fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _switchboard switchboard
`;
}

/** After an option that takes a value no option is offered. */
function bashValue(command: string, { choices, names, takes }: OptionShape): string {
  const pattern = names.map((name) => `"${command} ${name}"`).join(" | ");
  const how: Readonly<Record<OptionShape["takes"], string>> = { nothing: "", text: "", file: "-f", folder: "-d" };
  const flag = choices.length > 0 ? `-W "${choices.join(" ")}"` : how[takes];
  const reply = flag === "" ? "" : `COMPREPLY=($(compgen ${flag} -- "$current")); `;
  return `    ${pattern}) ${reply}return ;;`;
}

// ---- zsh

function writeZsh(commands: readonly CommandShape[]): string {
  const list = commands.map(({ description, name }) => `    ${quote(`${name}:${description}`)}`);
  const cases = commands.map((command) => {
    const specs = [...command.options.flatMap(zshOptions), ...command.operands.map(zshOperand)];
    return `      ${command.name}) _arguments -s \\\n${specs.map((spec) => `        ${quote(spec)}`).join(" \\\n")} ;;`;
  });
  return `#compdef switchboard
# Completes switchboard in zsh. To load it: source <(switchboard completions zsh), behind compinit
_switchboard() {
  local state line
  local -a commands
  commands=(
${list.join("\n")}
  )
  _arguments -C '(-V --version)'{-V,--version}'[print the version]' '(-h --help)'{-h,--help}'[print help]' '1:command:->command' '*::argument:->argument'
  case $state in
    command) _describe command commands ;;
    argument) case $line[1] in
${cases.join("\n")}
    esac ;;
  esac
}
compdef _switchboard switchboard
`;
}

function zshOptions({ choices, description, names, takes, value }: OptionShape): readonly string[] {
  const actions: Readonly<Record<OptionShape["takes"], string>> = {
    nothing: "",
    text: " ",
    file: "_files",
    folder: "_path_files -/", // "_files -/" offers files where there is no folder
  };
  const action = choices.length > 0 ? `(${choices.join(" ")})` : actions[takes];
  const argument = takes === "nothing" ? "" : `:${escapeZsh(value)}:${action}`;
  // The star: it may stand there again, as -H may.
  return names.map((name) => `*${name}[${escapeZsh(description)}]${argument}`);
}

function zshOperand({ choices, name }: CommandShape["operands"][number]): string {
  return `:${escapeZsh(name)}:${choices.length > 0 ? `(${choices.join(" ")})` : " "}`;
}

function escapeZsh(text: string): string {
  return text.replaceAll(/[[\]:\\]/g, String.raw`\$&`);
}

// ---- fish

function writeFish(commands: readonly CommandShape[]): string {
  const head = [
    "# Completes switchboard in fish. To load it: switchboard completions fish | source",
    "complete -c switchboard -f",
    "complete -c switchboard -n __fish_use_subcommand -s V -l version -d 'print the version'",
    "complete -c switchboard -n __fish_use_subcommand -s h -l help -d 'print help'",
  ];
  const lines = commands.flatMap(({ description, name, operands, options }) => {
    const when = `complete -c switchboard -n '__fish_seen_subcommand_from ${name}'`;
    return [
      `complete -c switchboard -n __fish_use_subcommand -a ${name} -d ${quote(description)}`,
      ...operands.flatMap(({ choices }) => (choices.length > 0 ? [`${when} -a '${choices.join(" ")}'`] : [])),
      ...options.map((option) => `${when}${fishOption(option)}`),
    ];
  });
  return `${[...head, ...lines].join("\n")}\n`;
}

function fishOption({ choices, description, names, takes }: OptionShape): string {
  const flags = names.map((name) => (name.startsWith("--") ? ` -l ${name.slice(2)}` : ` -s ${name.slice(1)}`)).join("");
  const values: Readonly<Record<OptionShape["takes"], string>> = {
    nothing: "",
    text: " -x",
    file: " -r -F",
    folder: " -x -a '(__fish_complete_directories)'",
  };
  const value = choices.length > 0 ? ` -x -a '${choices.join(" ")}'` : values[takes];
  return `${flags}${value} -d ${quote(description)}`;
}

/** For zsh and fish: nothing in it is expanded. */
function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
