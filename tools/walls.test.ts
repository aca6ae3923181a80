/** Plants forbidden imports and globals in a copy of every room and lets the compiler and the linter find them. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCommand } from "./run-command.ts";

const root = resolve(import.meta.dirname, "..");
const copy = mkdtempSync(join(tmpdir(), "switchboard-walls-"));
const bin = join(root, "node_modules/.bin");
const checkTimeoutMs = 60_000;

/** What each room may import; ARCHITECTURE.md has the same table in words. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  wire: [],
  gateway: ["wire"],
  brokers: ["gateway", "wire"],
  engine: ["protocol"],
  "ws-compat": ["engine"],
  server: ["engine", "gateway", "brokers", "wire"],
  client: ["wire"],
  "client-node": ["client", "engine"],
  react: ["client"],
  testing: ["gateway", "wire"],
  cli: ["server", "engine", "protocol", "wire"],
};
const rooms = Object.keys(allowed);
const cores = ["protocol", "wire", "gateway"];

interface Wall {
  readonly room: string;
  readonly other: string;
}
const walls: readonly Wall[] = rooms.flatMap((room) =>
  rooms.filter((other) => other !== room && !(allowed[room] ?? []).includes(other)).map((other) => ({ room, other })),
);

/** A program that no core may hold, one statement a file. */
const worldly = {
  node: 'import { connect } from "node:net";\nexport const planted: unknown = connect;\n',
  timer: "export const planted: unknown = setTimeout;\n",
  page: "export const planted: unknown = document;\n",
  buffer: "export const planted: unknown = Buffer;\n",
} as const;

/** What only the linter sees: the language itself has it. */
const clock = "export const planted: unknown = Date.now() + Math.random();\n";

let compilerOutput = "";
let linterOutput = "";

beforeAll(async () => {
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  for (const file of ["package.json", "tsconfig.base.json", ".oxlintrc.json"]) {
    cpSync(join(root, file), join(copy, file));
  }
  for (const room of rooms) copyRoom(room);
  for (const { room, other } of walls) plant(room, `import-${other}`, importOf(other));
  for (const room of cores) {
    for (const [name, code] of Object.entries(worldly)) plant(room, name, code);
    plant(room, "clock", clock);
  }
  // One build and one lint for every wall: each planted file must be named in what they print.
  const projects = rooms.map((room) => join("src", room));
  const [compiler, linter] = await Promise.all([
    runCommand([join(bin, "tsc"), "-b", ...projects], { output: "keep", cwd: copy }),
    runCommand([join(bin, "oxlint"), "--format", "unix", "src"], { output: "keep", cwd: copy }),
  ]);
  compilerOutput = compiler.output;
  linterOutput = linter.output;
}, checkTimeoutMs);

afterAll(() => rmSync(copy, { recursive: true, force: true }));

/** Room and index only: a wall stands or falls with the project's references, not with what is inside. */
function copyRoom(room: string): void {
  mkdirSync(join(copy, "src", room), { recursive: true });
  cpSync(join(root, "src", room, "tsconfig.json"), join(copy, "src", room, "tsconfig.json"));
  for (const name of readdirSync(join(root, "src", room)).filter((each) => each.endsWith(".d.ts"))) {
    cpSync(join(root, "src", room, name), join(copy, "src", room, name));
  }
  writeFileSync(join(copy, "src", room, "index.ts"), `export const room = ${JSON.stringify(room)};\n`);
  for (const other of allowed[room] ?? []) plant(room, `allowed-${other}`, importOf(other));
}

function importOf(other: string): string {
  return `import * as other from "../${other}/index.ts";\nexport const planted: unknown = other;\n`;
}

function plant(room: string, name: string, code: string): void {
  writeFileSync(join(copy, "src", room, `planted-${name}.ts`), code);
}

test("[TL6] the table of the walls names every room", () => {
  const folders = readdirSync(join(root, "src"), { withFileTypes: true });
  expect(
    folders
      .filter((folder) => folder.isDirectory())
      .map((folder) => folder.name)
      .sort(),
  ).toEqual([...rooms].sort());
  const solution = readFileSync(join(root, "tsconfig.json"), "utf8");
  for (const room of rooms) expect(solution).toContain(`"src/${room}"`);
});

// A room that is referenced by a referenced room compiles: references are transitive. There the linter alone is the wall.
for (const { room, other } of walls.filter((wall) => !reachable(wall.room).has(wall.other))) {
  test(`[TL6] ${room} does not compile with an import of ${other}`, () => {
    expect(filesIn(compilerOutput)).toContain(`src/${room}/planted-import-${other}.ts`);
  });
}

for (const { room, other } of walls) {
  test(`[TL7] the linter says why ${room} may not import ${other}`, () => {
    expect(filesIn(linterOutput)).toContain(`src/${room}/planted-import-${other}.ts`);
  });
}

for (const room of cores) {
  test(`[TL6] ${room} compiles with neither Node, a timer, a page nor Buffer`, () => {
    const planted = Object.keys(worldly).map((name) => `src/${room}/planted-${name}.ts`);
    expect(filesIn(compilerOutput)).toEqual(expect.arrayContaining(planted));
  });

  test(`[TL7] the linter finds a clock and randomness in ${room}`, () => {
    const found = linterOutput.split("\n").filter((line) => line.includes(`src/${room}/planted-clock.ts:`));
    expect(found.some((line) => line.includes("reads no clock"))).toBe(true);
    expect(found.some((line) => line.includes("Math.random"))).toBe(true);
  });
}

test("[TL6] what the table allows compiles", () => {
  expect(filesIn(compilerOutput).filter((file) => file.includes("planted-allowed-"))).toEqual([]);
});

/** The rooms that the compiler lets `room` import: what it references, and what those reference. */
function reachable(room: string): ReadonlySet<string> {
  return new Set((allowed[room] ?? []).flatMap((next) => [next, ...reachable(next)]));
}

/** The planted files that a tool's output names. */
function filesIn(output: string): readonly string[] {
  return [...new Set(output.match(/src\/[\w-]+\/planted-[\w-]+\.ts/gu))];
}
