/** The real command, `switchboard serve`, over TLS in a process of its own: what the browser tests talk to. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** A line of the server's log. */
export type LogLine = Readonly<Record<string, unknown>>;

export interface ChatServer {
  /** Where the page is, at `https:`. */
  readonly url: string;
  /** The first line of the log, from its start on, that `test` is true for. */
  waitForLog(test: (line: LogLine) => boolean): Promise<LogLine>;
  /** The newest line that `test` is true for. */
  lastLog(test: (line: LogLine) => boolean): LogLine | undefined;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
  /** Starts it again, on the same port and data. */
  start(): Promise<void>;
  /** Ends it and removes its data. */
  remove(): Promise<void>;
}

const readyWithinMs = 15_000;

export async function startChatServer(): Promise<ChatServer> {
  const folder = await mkdtemp(join(tmpdir(), "switchboard-browser-"));
  let running = await launch(folder, 0);
  const { url } = running;
  const port = Number(new URL(url).port);
  return {
    url,
    waitForLog: (test) => running.waitForLog(test),
    lastLog: (test) => running.lastLog(test),
    kill: () => running.end("SIGKILL"),
    start: async () => void (running = await launch(folder, port)),
    remove: async () => {
      await running.end("SIGINT");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface ServerProcess {
  readonly url: string;
  waitForLog(test: (line: LogLine) => boolean): Promise<LogLine>;
  lastLog(test: (line: LogLine) => boolean): LogLine | undefined;
  end(signal: "SIGINT" | "SIGKILL"): Promise<void>;
}

async function launch(folder: string, port: number): Promise<ServerProcess> {
  const tls = (name: string): string => new URL(`../fixtures/tls/${name}`, import.meta.url).pathname;
  const commandLine = ["dist/cli/main.js", "serve", "--port", `${port}`, "--data", folder, "--log-level", "info"];
  const child = spawn(process.execPath, [...commandLine, "--tls-cert", tls("cert.pem"), "--tls-key", tls("key.pem")], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const log = new Log(child);
  const ready = await log.waitFor((line) => typeof line["url"] === "string");
  return {
    url: String(ready["url"]),
    waitForLog: (test) => log.waitFor(test),
    lastLog: (test) => log.last(test),
    end: async (signal) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, "exit");
      child.kill(signal);
      await exit;
    },
  };
}

/** Reads a process's log, line by line, and keeps it. */
class Log {
  readonly #lines: LogLine[] = [];
  readonly #watchers = new Set<() => void>();
  #errors = "";
  #hasEnded = false;

  constructor(child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on("line", (line) => this.#add(line));
    }
    child.once("exit", () => this.#tell(true));
  }

  async waitFor(test: (line: LogLine) => boolean): Promise<LogLine> {
    const deadlineMs = performance.now() + readyWithinMs;
    for (;;) {
      const found = this.#lines.find(test);
      if (found !== undefined) return found;
      if (this.#hasEnded || performance.now() > deadlineMs) {
        throw new Error(`No such line in the server's log\n${this.text}`);
      }
      await this.#change(deadlineMs - performance.now());
    }
  }

  last(test: (line: LogLine) => boolean): LogLine | undefined {
    return this.#lines.findLast(test);
  }

  get text(): string {
    return `${this.#lines.map((line) => JSON.stringify(line)).join("\n")}\n${this.#errors}`;
  }

  #add(line: string): void {
    try {
      this.#lines.push(JSON.parse(line) as LogLine); // Ours, and only looked into for tests.
    } catch {
      this.#errors += `${line}\n`;
    }
    this.#tell(false);
  }

  #tell(hasEnded: boolean): void {
    this.#hasEnded ||= hasEnded;
    for (const watcher of this.#watchers) watcher();
  }

  #change(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#watchers.delete(done);
        resolve();
      };
      const timer = setTimeout(done, withinMs);
      this.#watchers.add(done);
    });
  }
}
