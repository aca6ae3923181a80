import { Argument, Command } from "commander";
import { type Shell, shells, writeCompletions } from "./shells/completions.ts";
import { readProgram } from "./shells/program-shape.ts";

const examples = `
Examples:
  source <(switchboard completions bash)    here; in ~/.bashrc for all shells
  source <(switchboard completions zsh)     in ~/.zshrc, behind compinit
  switchboard completions fish | source     or in ~/.config/fish/completions/

The script knows every command, option and choice of this version: make it
again after an update. Exit codes: 0, 2 wrong usage.`;

/** Makes `switchboard completions`. @param program - what is completed. */
export function createCompletionsCommand(program: Command): Command {
  return new Command("completions")
    .description("print a script that completes this command line in a shell")
    .addArgument(new Argument("<shell>", "which one").choices(shells))
    .addHelpText("after", examples)
    .action((shell: Shell) => void process.stdout.write(writeCompletions(shell, readProgram(program))));
}
