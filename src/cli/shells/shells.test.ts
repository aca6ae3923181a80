import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { Command, Option } from "commander";
import { expect, test } from "vitest";
import { createProgram, readVersion } from "../program.ts";
import { shells, writeCompletions } from "./completions.ts";
import { writeManPage } from "./man-page.ts";
import { readOption, readProgram } from "./program-shape.ts";

const commands = readProgram(createProgram());
test("[CM90] every command and every option is in the script of every shell", () => {
  for (const shell of shells) {
    const script = writeCompletions(shell, commands);
    const words = commands.flatMap(({ name, options }) => [name, ...options.flatMap(({ names }) => names)]);
    const typed = shell === "fish" ? words.map((word) => word.replace(/^-+/, "")) : words;
    expect(typed.filter((word) => !script.includes(word))).toEqual([]);
    // No quote is left open.
    expect(script.replaceAll(String.raw`'\''`, "").split("'").length % 2).toBe(1);
  }
});

function writePage(): string {
  return writeManPage({ version: readVersion(), description: createProgram().description(), commands });
}

test("[CM91] the man page that is committed is what the command says of itself", () => {
  const page = writePage();
  expect(readFileSync("man/switchboard.1", "utf8"), 'run "npm run man"').toBe(page);
  const options = commands.flatMap((command) => command.options.map(({ names }) => names[0] ?? ""));
  const escaped = options.map((name) => String.raw`\fB${name.replaceAll("-", String.raw`\-`)}\fR`);
  expect(escaped.filter((text) => !page.includes(text))).toEqual([]);
});

test.skipIf(spawnSync("groff", ["--version"]).status !== 0)(
  "[CM91] groff has nothing to say against the man page",
  () => {
    const groff = spawnSync("groff", ["-man", "-Tutf8", "-ww", "-rLL=80n"], { input: writePage(), encoding: "utf8" });
    expect([groff.status, groff.stderr]).toEqual([0, ""]);
    expect(groff.stdout).toContain("SWITCHBOARD_LOG_LEVEL");
  },
);

test("[CM91] nothing in a description is taken for a request of groff", () => {
  const tricky = new Command("top").addCommand(
    new Command("tricky")
      .description("with a back\\slash")
      .addOption(new Option("--dot <value>", ".begins with a dot").default("a-b").env("DOT"))
      .addHelpText("after", "\n'quoted\n.TH evil"),
  );
  const page = writeManPage({ version: "1", description: "x", commands: readProgram(tricky) });
  expect(page).toContain(String.raw`With a back\eslash.`);
  expect(page).toContain(String.raw`\&.begins with a dot (default a\-b; or DOT)`);
  expect(page).toContain(String.raw`\&'quoted` + "\n" + String.raw`\&.TH evil`);
  expect(page.match(/^\.TH/gm)).toHaveLength(1);
});

test("[CM90] what a value is follows from its name, and choices go before", () => {
  expect(readOption(new Option("-q, --quiet", "")).takes).toBe("nothing");
  expect(readOption(new Option("--key <file>", "")).takes).toBe("file");
  expect(readOption(new Option("--data <folder>", "")).takes).toBe("folder");
  expect(readOption(new Option("-c, --count <count>", "").default(5, "five"))).toMatchObject({
    names: ["-c", "--count"],
    takes: "text",
    defaultText: "five",
  });
});

test("[CM92] every help is 80 columns wide at a terminal that is, with examples and exit codes", () => {
  for (const { name } of commands) {
    const program = createProgram();
    const command = program.commands.find((one) => one.name() === name);
    let text = "";
    command?.configureOutput({ writeOut: (part) => (text += part), getOutHelpWidth: () => 80 });
    command?.outputHelp();
    expect(text.split("\n").filter((line) => line.length > 80)).toEqual([]);
    expect(text).toMatch(/\nExamples:\n(?:.*\n)+.*Exit\s+codes: 0/);
  }
});

test("[CM92] every command line in the guide and in README.md is one, with options that there are", () => {
  const pages = ["README.md", ...readdirSync("docs/guide").map((name) => `docs/guide/${name}`)].filter((name) =>
    name.endsWith(".md"),
  );
  let count = 0;
  for (const page of pages) {
    const lines = readFileSync(page, "utf8").matchAll(/(?<!["'\w/])switchboard ((?:[a-z]+)(?: [^\n`|#;&]*)?)/g);
    for (const [, line = ""] of lines) {
      const [name, ...words] = line.split(" ");
      const command = commands.find((one) => one.name === name);
      if (command === undefined) continue; // prose
      const known = command.options.flatMap(({ names }) => names);
      for (const word of words.filter((each) => /^--?[a-z]/.test(each))) {
        expect(known, `${page}: switchboard ${line}`).toContain(word.split("=")[0]?.replace(/[.,)]+$/, ""));
        count++;
      }
    }
  }
  expect(count).toBeGreaterThan(15);
});
