/** Fails when the committed man page is not what the command says of itself; with `--write` it is made anew. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createProgram, readVersion } from "../src/cli/program.ts";
import { writeManPage } from "../src/cli/shells/man-page.ts";
import { readProgram } from "../src/cli/shells/program-shape.ts";

const file = "man/switchboard.1";
const program = createProgram();
const page = writeManPage({
  version: readVersion(),
  description: program.description(),
  commands: readProgram(program),
});

if (process.argv.includes("--write")) {
  mkdirSync("man", { recursive: true });
  writeFileSync(file, page);
} else if (readPage() !== page) {
  console.error(`${file} is not what the command says: run "npm run man"`);
  process.exitCode = 1;
}

function readPage(): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
