import { spawn } from "node:child_process";

export interface CommandResult {
  readonly exitCode: number;
  /** Standard output and error, in the order they came. Empty when they were shown. */
  readonly output: string;
}

export interface CommandOptions {
  /** `show` passes the output on as it comes, `keep` returns it. Default `show`. */
  readonly output?: "show" | "keep";
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** After this many milliseconds the command is ended and counts as failed. Default 10 minutes. */
  readonly timeoutMs?: number;
}

/** Runs a program to its end, without a shell. */
export function runCommand(
  command: readonly [string, ...string[]],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const [file, ...args] = command;
  const isShown = options.output !== "keep";
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      stdio: ["ignore", isShown ? "inherit" : "pipe", isShown ? "inherit" : "pipe"],
      timeout: options.timeoutMs ?? 600_000,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { ...process.env, ...options.env },
    });
    const chunks: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.once("error", reject);
    child.once("close", (code, signal) => {
      const ending = signal === null ? "" : `\nended by ${signal}`;
      resolve({ exitCode: code ?? 1, output: Buffer.concat(chunks).toString() + ending });
    });
  });
}
