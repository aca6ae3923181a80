import { resolve } from "node:path";
import { expect, test } from "vitest";
import { runCommand } from "../../tools/run-command.ts";

for (const [name, project] of [
  ["@types/ws", "ws"],
  ["switchboard/ws", "switchboard"],
] as const) {
  test(`[WS27] ${name}: programs that were written to @types/ws compile, as a module and as CommonJS`, async () => {
    const command = [
      "tsc",
      "-p",
      resolve(import.meta.dirname, `tsconfig.${project}.json`),
      "--pretty",
      "false",
    ] as const;
    const { exitCode, output } = await runCommand(command, { output: "keep" });
    expect(output).not.toContain("error TS");
    expect(exitCode).toBe(0);
  });
}
