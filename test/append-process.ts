import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

const brokers = new URL("../dist/brokers/index.js", import.meta.url).href;

/** What it says: `open`, `waited <ms>` for the first append, `<offset> <tag>` for an acknowledgement, `<code> <message>` for a refusal. */
const program = `
import { sqliteBroker } from ${JSON.stringify(brokers)};
const [, file, synchronous] = process.argv;
const broker = sqliteBroker({ file, synchronous, lockTimeoutMs: 0 });
const say = (line) => process.stdout.write(line + "\\n");
let sent = 0;
async function append() {
  const tag = (sent += 1);
  const data = JSON.stringify("x".repeat(500));
  const history = { maxCount: Infinity, maxAgeMs: Infinity };
  const { position } = await broker.append({ channel: "a", event: "e", messageId: "m" + tag, user: { id: "u" }, data, payloadHash: "h", tag, nowMs: 0, history });
  return position.offset + " " + position.tag;
}
async function appendForEver() {
  for (;;) {
    const line = await append().catch((error) => error);
    if (line instanceof Error) return say(line.code + " " + line.message);
    say(line);
  }
}
try {
  await broker.open({ appended() {}, broadcasted() {}, availability: (isAvailable, reason) => say("availability " + isAvailable + " " + reason) });
  say("open");
  const startMs = performance.now();
  const first = await append();
  say("waited " + Math.floor(performance.now() - startMs));
  say(first);
  await Promise.all(Array.from({ length: 32 }, appendForEver));
  await append().catch((error) => say("then " + error.code));
  await broker.close();
} catch (error) {
  say(error.code + " " + error.message + " | " + error.hint);
}
`;

export interface AppendProcessOptions {
  readonly file: string;
  readonly synchronous?: "full" | "normal";
  /** A command that runs the process and does something to it: `strace …`, `prlimit …`. */
  readonly wrapper?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A process of its own that appends to a SQLite log, 32 at a time, until it is killed or refused. */
export class AppendProcess {
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  /** Resolves when it is gone and all its lines are read. */
  readonly ended: Promise<unknown>;

  constructor({ env, file, synchronous = "full", wrapper = [] }: AppendProcessOptions) {
    const args = [...wrapper, process.execPath, "--input-type=module", "-e", program, file, synchronous];
    const child = spawn("env", args, {
      stdio: ["ignore", "pipe", "inherit"],
      detached: true,
      env: { ...process.env, ...env },
    });
    const reader = createInterface({ input: child.stdout });
    reader.on("line", (line) => this.#lines.push(line));
    this.#child = child;
    this.ended = Promise.all([once(child, "exit"), once(reader, "close")]);
  }

  /** What it has said so far. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** The tags of the entries that it was told are stored, by their offset. */
  get acknowledged(): ReadonlyMap<number, number> {
    return readAcknowledged(this.#lines);
  }

  /** Resolves when it has said so many lines, or is gone. */
  async hasSaid(count: number): Promise<void> {
    while (this.#lines.length < count && this.#child.exitCode === null) {
      await Promise.race([once(this.#child.stdout ?? this.#child, "data"), this.ended]);
    }
  }

  /** To its whole group: a wrapper would leave its child behind. */
  signal(name: NodeJS.Signals): void {
    const { exitCode, pid, signalCode } = this.#child;
    if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, name);
  }
}

export function readAcknowledged(lines: readonly string[]): ReadonlyMap<number, number> {
  const pairs = lines.filter((line) => /^\d+ \d+$/.test(line)).map((line) => line.split(" ").map(Number));
  return new Map(pairs.map(([offset = 0, tag = 0]) => [offset, tag]));
}
