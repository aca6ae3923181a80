/** `npm run interop:ws`: who uses `ws` in the world, unchanged, on the drop-in, as one table. */
import { parseArgs } from "node:util";
import { install } from "./install.ts";
import { type Outcome, runUser } from "./run-user.ts";
import { formatTable } from "./table.ts";
import { type Replacement, type User, users } from "./users.ts";

const help = `Usage: npm run interop:ws -- [options]

Packs Switchboard, installs it with the libraries that use ws (some 200 MB into .cache/ws-users), and has each do its work on
switchboard/ws: by "overrides" in package.json, or as Socket.IO's wsEngine beside the real ws.

  --only <word>   those whose title or package has the word: socket.io, trpc, mqtt, ... (may be repeated)
  --help          print this

Exit code 1 if one failed or could not be installed, or, with CI set, if one was skipped; 2 for a wrong option.`;

process.exitCode = await main();

async function main(): Promise<number> {
  const options = readOptions();
  if (options === undefined) return 2;
  if (options.help) {
    console.log(help);
    return 0;
  }
  const chosen = users.filter((user) => options.only.length === 0 || options.only.some((word) => isMeant(user, word)));
  if (chosen.length === 0) {
    console.error(
      `Cannot run --only ${options.only.join(", ")}: there are ${[...new Set(users.map(({ name }) => name))].join(", ")}`,
    );
    return 2;
  }
  const outcomes = await runUsers(chosen);
  console.log(formatTable(outcomes));
  const isSkipFailure = process.env["CI"] !== undefined;
  return outcomes.some(({ type }) => type === "failed" || (type === "skipped" && isSkipFailure)) ? 1 : 0;
}

function readOptions(): { readonly help: boolean; readonly only: readonly string[] } | undefined {
  try {
    const { values } = parseArgs({
      options: {
        help: { type: "boolean", default: false },
        only: { type: "string", multiple: true, default: [] },
      },
    });
    return { help: values.help, only: values.only };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${help}`);
    return undefined;
  }
}

function isMeant({ title, name }: User, word: string): boolean {
  return [title, name].some((text) => text.toLowerCase().includes(word.toLowerCase()));
}

async function runUsers(chosen: readonly User[]): Promise<readonly Outcome[]> {
  const folders = new Map<Replacement, string>();
  const outcomes: Outcome[] = [];
  for (const user of chosen) {
    const folder = folders.get(user.replacement) ?? (await install(user.replacement));
    folders.set(user.replacement, folder);
    const outcome = await runUser(user, folder);
    console.error(`${outcome.type.padEnd(7)} ${user.title}`); // progress; the table comes at the end
    outcomes.push(outcome);
  }
  return outcomes;
}
