import { readFileSync } from "node:fs";
import type { Machine } from "./machine-checks.ts";

/** Reads what this process runs on. */
export function readMachine(): Machine {
  return {
    nodeVersion: process.versions.node,
    openFiles: readOpenFiles(readText("/proc/self/limits")),
    backlogCount: readCount(readText("/proc/sys/net/core/somaxconn")),
    hasSimd: hasSimd(),
    env: process.env,
  };
}

/** @param limits - the text of `/proc/self/limits`. */
export function readOpenFiles(limits: string | undefined): Machine["openFiles"] {
  const [, soft, hard] = /^Max open files +(\d+|unlimited) +(\d+|unlimited)/m.exec(limits ?? "") ?? [];
  if (soft === undefined || hard === undefined) return undefined;
  const [softCount, hardCount] = [soft, hard].map((text) => (text === "unlimited" ? Infinity : Number(text)));
  return { soft: softCount ?? 0, hard: hardCount ?? 0 };
}

function readCount(text: string | undefined): number | undefined {
  return text === undefined || !/^\d+\s*$/.test(text) ? undefined : Number(text);
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined; // not Linux
  }
}

/** A module of one function: `i8x16.popcnt(i8x16.splat(0))`. */
const vectorProgram = Buffer.from("0061736d010000000105016000017b030201000a0a0108004100fd0ffd620b", "hex");

function hasSimd(): boolean {
  // There is none under --jitless, and this project's own types know of none.
  const host = Reflect.get(globalThis, "WebAssembly") as { validate(bytes: Uint8Array): boolean } | undefined;
  return host?.validate(vectorProgram) ?? false;
}
