import { readFileSync } from "node:fs";
import type { ApiKey, ApiScope } from "../server/index.ts";
import { StartError } from "./start-error.ts";

const hint = 'One key a line, behind its scopes: "publish,read 6b1f…" with 32-256 characters; # begins a comment';

/**
 * Reads the keys of the HTTP API from a file. Which scopes there are and what a key must be is the gateway's to say.
 *
 * @throws {StartError} for a file that cannot be read and a line that is none; the key is not in the message.
 */
export function readApiKeys(file: string): readonly ApiKey[] {
  const lines = readText(file)
    .split("\n")
    .map((line, index) => [index + 1, line.trim()] as const);
  return lines
    .filter(([, line]) => line !== "" && !line.startsWith("#"))
    .map(([number, line]) => {
      const [scopes, key, ...rest] = line.split(/\s+/);
      if (scopes === undefined || key === undefined || rest.length > 0) {
        throw new StartError(
          "KEYS",
          `Cannot read line ${number} of the key file "${file}": it must be scopes and a key`,
          { hint },
        );
      }
      // A scope that is none is refused, by name, where the keys are used.
      return { scopes: scopes.split(",") as readonly string[] as readonly ApiScope[], key };
    });
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StartError("KEYS", `Cannot read the key file "${file}" (${reason})`, { hint, cause });
  }
}
