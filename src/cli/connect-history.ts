/** The lines that were typed, across sessions: as a shell keeps them, and without what a shell should not. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/** As many as readline keeps. */
export const historyLineCount = 500;
const maxLineChars = 4_096;

/** `$XDG_STATE_HOME/switchboard/connect-history`, by default in `~/.local/state` (XDG Base Directory Specification). */
export function historyFile(env: Readonly<Record<string, string | undefined>>): string {
  const { XDG_STATE_HOME: state } = env;
  // "If an implementation encounters a relative path in any of these variables it should consider the path invalid."
  const folder = state?.startsWith("/") ? state : join(env["HOME"] ?? homedir(), ".local", "state");
  return join(folder, "switchboard", "connect-history");
}

/** The newest line first, as readline has it. What cannot be read is none. */
export function readHistory(file: string): string[] {
  try {
    return readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .reverse();
  } catch {
    return [];
  }
}

/** Writes what may be kept, for nobody else to read. A folder that cannot be written costs the history, and nothing else. */
export function writeHistory(file: string, lines: readonly string[]): void {
  const kept = lines.filter(mayKeep).slice(0, historyLineCount).reverse();
  try {
    makeFolder(dirname(file));
    writeFileSync(file, kept.map((line) => `${line}\n`).join(""), { mode: 0o600 });
  } catch {
    // It is a convenience.
  }
}

/** One by one: Node's own `recursive` never ends where a folder says that it is not there, as in `/proc`. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  mkdirSync(folder, { mode: 0o700 });
}

const secret = /"(?:[\w-]*token|password|passwd|secret|device|ticket|api[-_]?key|authorization)"\s*:|\bbearer\s/i;

/** Not what begins with a space, is longer than a screen, or looks like a secret. */
export function mayKeep(line: string): boolean {
  return line.trim() !== "" && !line.startsWith(" ") && line.length <= maxLineChars && !secret.test(line);
}
