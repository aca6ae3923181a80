#!/usr/bin/env node
/** The `switchboard` command. */
import { CommanderError } from "commander";
import { createColors } from "picocolors";
import { ProtocolError } from "../engine/index.ts";
import { createProgram } from "./program.ts";

/** 2 for what was typed, 1 for what was found: a script can tell them apart. */
const usageExitCode = 2;

try {
  await createProgram().parseAsync();
} catch (error) {
  process.exit(await tell(error));
}

/** Says on stderr what went wrong, and returns the exit code. */
async function tell(error: unknown): Promise<number> {
  // Commander has said it already; help and version end here too, with 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : usageExitCode;
  // What was typed may not be sent: a header or a subprotocol.
  if (error instanceof ProtocolError) {
    process.stderr.write(`error: ${error.message}\n`);
    return usageExitCode;
  }
  const { dim, red } = createColors(process.stderr.isTTY && !process.env["NO_COLOR"]);
  // Here and not above: it knows the gateway, which most commands start without.
  const { describeFault } = await import("./start-fault.ts");
  const fault = describeFault(error);
  if (fault === undefined) console.error(error);
  else process.stderr.write(`${red("error:")} ${fault.sentence}\n${dim(`hint: ${fault.hint}`)}\n`);
  return 1;
}
