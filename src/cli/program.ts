/** The whole command line as one tree: what runs, its help, its completions and its man page are made of it. */
import { readFileSync } from "node:fs";
import { Command } from "commander";
import { createBenchCommand } from "./bench-command.ts";
import { createCompletionsCommand } from "./completions-command.ts";
import { createConnectCommand } from "./connect-command.ts";
import { createDoctorCommand } from "./doctor-command.ts";
import { createInspectCommand } from "./inspect-command.ts";
import { createLabCommand } from "./lab-command.ts";
import { createPublishCommand } from "./publish-command.ts";
import { createServeCommand } from "./serve-command.ts";
import { createTailCommand } from "./tail-command.ts";

export function createProgram(): Command {
  const program = new Command("switchboard")
    .description("The WebSocket stack for TypeScript: a chat that loses nothing, and its gateway")
    .version(readVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .exitOverride();
  const commands = [
    createServeCommand(),
    createPublishCommand(),
    createTailCommand(),
    createConnectCommand(),
    createInspectCommand(),
    createBenchCommand(),
    createDoctorCommand(),
    createLabCommand(),
    createCompletionsCommand(program),
  ];
  for (const command of commands) {
    program.addCommand(command.copyInheritedSettings(program));
    command.showHelpAfterError(`hint: "switchboard ${command.name()} --help" lists every option`);
  }
  return program.showHelpAfterError('hint: "switchboard --help" lists every command');
}

/** The package's own, two folders up from here, compiled or not. */
export function readVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  return version;
}
