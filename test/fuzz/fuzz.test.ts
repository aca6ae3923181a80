import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { execute } from "./fuzz.ts";
import { Random } from "./random.ts";
import type { FuzzTarget } from "./target.ts";
import { targets } from "./targets.ts";

// About three seconds each on one core; the same inputs each time.
const executionCounts: Readonly<Record<string, number>> = {
  frames: 20_000,
  inflate: 8000,
  "request-head": 20_000,
  "response-head": 40_000,
  extensions: 100_000,
  "extended-connect": 100_000,
  messagepack: 4000,
};

test.each(targets)("[FZ1] no input of the fuzzer breaks a rule of $name", { timeout: 240_000 }, (target) => {
  for (let execution = 0; execution < (executionCounts[target.name] ?? 0); execution++) {
    const failure = execute(target, 6455, execution);
    expect(failure && { ...failure, input: Buffer.from(failure.input).toString("hex") }).toBeUndefined();
  }
});

test.each(targets)("[FZ2] the inputs of $name do not depend on those before them", ({ makeInput }) => {
  const inputOf = (seed: number): string => Buffer.from(makeInput(new Random(seed))).toString("hex");
  const seeds = Array.from({ length: 500 }, (_, seed) => seed);
  const inputs = seeds.map(inputOf);
  expect(seeds.toReversed().map(inputOf).toReversed()).toEqual(inputs);
});

describe("the fuzzer", () => {
  /** Breaks on two bytes, wherever they stand. */
  const brittle: FuzzTarget = {
    name: "brittle",
    makeInput: (random) => random.bytes(200),
    check(input) {
      if (input.includes(7) && input.includes(200)) throw new Error("7 and 200");
    },
  };

  test("[FZ2] makes the input of a failure as small as it can, and finds the same again for the same seed and number", () => {
    const failures = Array.from({ length: 50 }, (_, execution) => execute(brittle, 1, execution));
    const found = failures.filter((failure) => failure !== undefined);
    expect(found.length).toBeGreaterThan(5);
    for (const failure of found) {
      expect([...failure.input].toSorted((a, b) => a - b)).toEqual([7, 200]);
      expect(execute(brittle, 1, failure.execution)).toEqual(failure);
    }
  });

  test("[FZ2] has other inputs for another seed and for another number", () => {
    const inputs: string[] = [];
    const check = (input: Uint8Array): number => inputs.push(Buffer.from(input).toString("hex"));
    for (const [seed, execution] of [
      [1, 0],
      [1, 1],
      [2, 0],
    ] as const) {
      execute({ ...brittle, check }, seed, execution);
    }
    expect(new Set(inputs).size).toBe(3);
  });

  const run = promisify(execFile);
  const cli = (...options: string[]) => run("npx", ["tsx", "test/fuzz/main.ts", ...options]);

  test("[FZ3] tells its seed, how far it came and how fast, and ends with 0 when nothing broke", async () => {
    const { stdout } = await cli("--seconds", "1", "--seed", "5", "--target", "extensions");
    expect(stdout).toMatch(
      /^Seed 5\nextensions: \d+ executions, \d+ a second, .*\n1 s, \d+ executions, .* 0 failures\n$/,
    );
  });

  test("[FZ3] repeats one execution, explains itself, and ends with 2 for options that cannot be", async () => {
    const [one, help, wrong] = await Promise.allSettled([
      cli("--target", "frames", "--seed", "1", "--execution", "3"),
      cli("--help"),
      cli("--target", "nothing"),
    ]);
    expect(one).toMatchObject({ value: { stdout: "No rule was broken\n" } });
    expect(help).toMatchObject({ value: { stdout: expect.stringContaining("--execution N") as string } });
    expect(wrong).toMatchObject({ reason: { code: 2 } });
  });
});
