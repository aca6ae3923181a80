import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../../tools/run-command.ts";
import { findChromium } from "../find-chromium.ts";
import type { User } from "./users.ts";

const timeoutMs = 60_000;

/** How a program ended. */
export type Outcome = { readonly user: User; readonly version: string } & (
  | { readonly type: "passed" }
  | { readonly type: "failed" | "skipped"; readonly reason: string }
);

/** Runs a user's program in a process of its own, in the folder where everything is installed. */
export async function runUser(user: User, folder: string): Promise<Outcome> {
  const place = { user, version: versionOf(user.name, folder) };
  const chromium = findChromium();
  if (user.needsChromium && chromium === undefined) {
    return { ...place, type: "skipped", reason: "there is no Chromium" };
  }
  const { exitCode, output } = await runCommand([process.execPath, user.program, ...user.arguments], {
    cwd: folder,
    output: "keep",
    timeoutMs,
    env: { CHROMIUM_PATH: chromium },
  });
  return exitCode === 0 ? { ...place, type: "passed" } : { ...place, type: "failed", reason: output.trim() };
}

function versionOf(name: string, folder: string): string {
  const manifest: unknown = JSON.parse(readFileSync(join(folder, "node_modules", name, "package.json"), "utf8"));
  return (manifest as { readonly version: string }).version; // every package has one
}
