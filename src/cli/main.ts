#!/usr/bin/env node
/** The `switchboard` command. */
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { createColors } from "picocolors";
import { ProtocolError } from "../engine/index.ts";
import { createConnectCommand } from "./connect-command.ts";
import { createInspectCommand } from "./inspect-command.ts";
import { createLabCommand } from "./lab-command.ts";
import { createServeCommand } from "./serve-command.ts";
import { describeFault } from "./start-fault.ts";

/** 2 for what was typed, 1 for what was found: a script can tell them apart. */
const usageExitCode = 2;

try {
  await createProgram().parseAsync();
} catch (error) {
  process.exit(tell(error));
}

function createProgram(): Command {
  const program = new Command("switchboard")
    .description("The WebSocket stack for TypeScript: a chat that loses nothing, and its gateway")
    .version(readVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .exitOverride();
  for (const command of [createServeCommand(), createConnectCommand(), createInspectCommand(), createLabCommand()]) {
    program.addCommand(command.copyInheritedSettings(program));
    command.showHelpAfterError(`hint: "switchboard ${command.name()} --help" lists every option`);
  }
  return program.showHelpAfterError('hint: "switchboard --help" lists every command');
}

/** The package's own, two folders up from here, compiled or not. */
function readVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  return version;
}

/** Says on stderr what went wrong, and returns the exit code. */
function tell(error: unknown): number {
  // Commander has said it already; help and version end here too, with 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : usageExitCode;
  // What was typed may not be sent: a header or a subprotocol.
  if (error instanceof ProtocolError) {
    process.stderr.write(`error: ${error.message}\n`);
    return usageExitCode;
  }
  const { dim, red } = createColors(process.stderr.isTTY && !process.env["NO_COLOR"]);
  const fault = describeFault(error);
  if (fault === undefined) console.error(error);
  else process.stderr.write(`${red("error:")} ${fault.sentence}\n${dim(`hint: ${fault.hint}`)}\n`);
  return 1;
}
