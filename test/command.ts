/** Runs the built command (`tsc -b` first) as a process of its own, as people do. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

export const commandFile: string = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));

/** What a command said, once it has ended. */
export interface CommandResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCommand {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<CommandResult>;
  /** Resolves when it has said this, on either stream. Rejects when it ends before. */
  said(text: string): Promise<void>;
}

export interface CommandOptions {
  /** What stdin holds; null leaves it open. Default nothing. */
  readonly stdin?: string | null;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** Starts it with these arguments, in an environment that holds `PATH` and what is given. */
export function startCommand(args: readonly string[], options: CommandOptions = {}): RunningCommand {
  const { cwd, env, stdin = "" } = options;
  const child = spawn(process.execPath, [commandFile, ...args], { env: { PATH: process.env["PATH"], ...env }, cwd });
  const output = { stdout: "", stderr: "" };
  let isEnded = false;
  let wake: () => void = () => {};
  for (const name of ["stdout", "stderr"] as const) {
    child[name].on("data", (chunk: Buffer) => {
      output[name] += chunk.toString();
      wake();
    });
  }
  const ended = once(child, "close").then(([exitCode]: unknown[]) => {
    isEnded = true;
    wake();
    return { exitCode: exitCode as number | null, ...output };
  });
  if (stdin !== null) child.stdin.end(stdin);
  child.stdin.on("error", () => {}); // it may end without having read it all
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  async function said(text: string): Promise<void> {
    while (!`${output.stdout}${output.stderr}`.includes(text)) {
      if (isEnded) throw new Error(`It ended before it said ${JSON.stringify(text)}: ${JSON.stringify(output)}`);
      await new Promise<void>((resolve) => (wake = resolve));
    }
  }
  return { child, ended, said };
}

/** What it says with these arguments, when it has ended by itself. */
export function runCommandLine(args: readonly string[], options?: CommandOptions): Promise<CommandResult> {
  return startCommand(args, options).ended;
}
