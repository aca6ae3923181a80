/** What tests with a real server are written with: its process, on loopback, with its data in a folder of its own. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test, type TestContext } from "vitest";

/** Registers a test that needs a program. Without it the test is skipped with the reason; with `CI` set it fails. */
export type ServerTest = (name: string, body: (context: TestContext) => Promise<void>, timeout?: number) => void;

export interface Program {
  /** What `--version` prints; empty without the program. */
  readonly version: string;
  readonly test: ServerTest;
}

export function findProgram(program: string): Program {
  const { status, stdout } = spawnSync(program, ["--version"], { encoding: "utf8" });
  const missing = status === 0 ? undefined : `no ${program} found: \`sudo bash tools/setup.sh\` installs it`;
  return { version: stdout ?? "", test: (...about) => programTest(missing, ...about) };
}

function programTest(missing: string | undefined, ...[name, body, timeout = 60_000]: Parameters<ServerTest>): void {
  test(name, { timeout }, async (context) => {
    if (missing !== undefined) {
      if (process.env["CI"] === undefined) return context.skip(missing);
      throw new Error(missing);
    }
    await body(context);
  });
}

export interface Start {
  readonly program: string;
  readonly args: readonly string[];
  readonly logsTo: "stdout" | "stderr";
  /** Part of the line that it logs when it takes connections. */
  readonly ready: string;
}

/** One process after another, with one folder. */
export class ServerProcess {
  readonly folder: string;
  #process: ChildProcess | undefined;

  constructor(name: string) {
    this.folder = mkdtempSync(join(tmpdir(), `switchboard-${name}-`));
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Resolves when it takes connections. */
  async run({ args, logsTo, program, ready }: Start): Promise<void> {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
    this.#process = child;
    const said: string[] = [];
    const [log, rest] = logsTo === "stdout" ? [child.stdout, child.stderr] : [child.stderr, child.stdout];
    rest.resume();
    for await (const line of createInterface({ input: log })) {
      said.push(line);
      if (line.includes(ready)) {
        log.resume();
        return;
      }
    }
    throw new Error(`Cannot start ${program}: it ended before it was ready\n${said.join("\n")}`);
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
  }

  /** Stops or wakes the process, which keeps its connections. When this returns it does nothing more. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#process?.kill(signal);
    const pid = this.#process?.pid;
    while (signal === "SIGSTOP" && pid !== undefined && !isStopped(pid));
  }

  async dispose(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true });
  }
}

/** Whether no thread of it runs. */
function isStopped(pid: number): boolean {
  const stats = readdirSync(`/proc/${pid}/task`).map((id) => readFileSync(`/proc/${pid}/task/${id}/stat`, "utf8"));
  return stats.every((stat) => stat.includes(") T "));
}
