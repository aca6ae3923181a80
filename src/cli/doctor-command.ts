import { Argument, Command } from "commander";
import { addTransportOptions } from "./connection-options.ts";
import type { Examined } from "./doctor/examine.ts";
import type { DoctorFinding } from "./doctor/finding.ts";
import { printFindings } from "./doctor/print-findings.ts";
import { parseGatewayUrl, type GatewayUrl } from "./gateway-options.ts";
import { parseBroker, variable } from "./serve-command.ts";

interface DoctorFlags extends Examined {
  readonly strict?: true;
  readonly json?: true;
}

const examples = `
Examples:
  switchboard doctor                             this machine, and ./data
  switchboard doctor ws://127.0.0.1:8080/ws      a gateway, as clients see it
  switchboard doctor http://127.0.0.1:9090       its operator's port
  switchboard doctor --broker redis://127.0.0.1  a store that nodes share
  switchboard doctor --strict --json | jq .findings    for a deployment's script

Looks at Node, limits of the system, the disk, the store and a gateway; says
what each finding means and what to do about it. The disk is tried in a folder
of its own, which is removed; a shared store is opened as "serve" opens it.
Exit codes: 0 nothing is in the way, warnings included, 1 an error was found,
or with --strict a warning, 2 wrong usage.`;

/** Makes `switchboard doctor`. */
export function createDoctorCommand(): Command {
  const command = new Command("doctor")
    .description("look for what will hurt: Node, limits, disk, store, a gateway")
    .addArgument(new Argument("[url]", "of a gateway, or of its operator's port").argParser(parseGatewayUrl))
    .addOption(variable("--data <folder>", "DATA", "folder of the database").default("./data"))
    .addOption(variable("--broker <url>", "BROKER", "a shared store, instead of the folder").argParser(parseBroker))
    .option("--strict", "a warning is a fault, too")
    .option("--json", "print one JSON object");
  return addTransportOptions(command).addHelpText("after", examples).action(runDoctor);
}

async function runDoctor(target: GatewayUrl | undefined, flags: DoctorFlags): Promise<void> {
  const { examine } = await import("./doctor/examine.ts");
  const findings = await examine(target, flags);
  const hasColors = process.stdout.isTTY && !process.env["NO_COLOR"];
  process.stdout.write(flags.json ? `${JSON.stringify({ findings })}\n` : printFindings(findings, hasColors));
  const isFault = ({ level }: DoctorFinding): boolean => level === "error" || (level === "warning" && !!flags.strict);
  process.exitCode = findings.some(isFault) ? 1 : 0;
}
