/** The scripts in the shells that they are for, which a test that reads them cannot stand for. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { createProgram } from "../program.ts";
import { type Shell, shells, writeCompletions } from "./completions.ts";
import { readProgram } from "./program-shape.ts";

const commands = readProgram(createProgram());
const names = commands.map(({ name }) => name).toSorted();
const folder = mkdtempSync(join(tmpdir(), "switchboard-shells-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** What is typed behind `switchboard `, and what is offered, in any order; of a path its last part. */
const cases: readonly (readonly [typed: string, offers: readonly string[]])[] = [
  ["", names],
  ["in", ["inspect"]],
  ["tail --re", ["--recent"]],
  ["tail ", []],
  ["serve --log-level ", ["debug", "error", "info", "silent", "warn"]],
  ["serve --log-level w", ["warn"]],
  ["completions ", [...shells].toSorted()],
  ["connect --ca pack", ["package-lock.json", "package.json"]],
  ["serve --data src/cl", ["cli", "client", "client-node"]],
  ["serve --data pack", []],
  ["tail --recent ", []],
  ["nothing -", []],
];

const offersOf: Readonly<Record<Shell, (script: string) => readonly (readonly string[])[]>> = {
  bash: (script) =>
    cases.map(([typed]) => {
      const words = typed.split(" ");
      const program = `source "$0"; COMP_WORDS=(switchboard "$@"); COMP_CWORD=$#; _switchboard; printf '%s\n' "${"$"}{COMPREPLY[@]}"`;
      return linesOf("bash", ["--norc", "-c", program, script, ...words]);
    }),
  zsh(script) {
    const driver = new URL("zsh-offers.zsh", import.meta.url).pathname;
    const told = linesOf("zsh", ["-f", driver, script, ...cases.map(([typed]) => typed)]).join("\n");
    return told.split("=end=").map((part) => part.split("\n"));
  },
  fish: (script) =>
    cases.map(([typed]) => {
      const lines = linesOf("fish", [
        "--no-config",
        "-c",
        'source $argv[1]; complete -C "switchboard $argv[2]"',
        script,
        typed,
      ]);
      return lines.map((line) => line.split("\t")[0] ?? "");
    }),
};

function linesOf(shell: Shell, args: readonly string[]): readonly string[] {
  const { stderr, stdout } = spawnSync(shell, args, { encoding: "utf8" });
  expect(stderr).toBe("");
  return stdout.split(/\r?\n/);
}

for (const shell of shells) {
  test(`[CM90] a real ${shell} completes commands, options, choices, files and folders, and nothing behind a text`, (context) => {
    if (spawnSync(shell, ["--version"]).status !== 0) {
      const missing = `no ${shell} found: \`sudo bash tools/setup.sh\` installs it`;
      if (process.env["CI"] === undefined) return context.skip(missing);
      throw new Error(missing);
    }
    const script = join(folder, `switchboard.${shell}`);
    writeFileSync(script, writeCompletions(shell, commands));
    const offers = offersOf[shell](script);
    const found = cases.map(([typed], index) => {
      const last = (offers[index] ?? []).map((offer) => basename(offer)).filter((offer) => offer !== "");
      return [typed, [...new Set(last)].toSorted()];
    });
    expect(found).toEqual(cases);
  });
}
