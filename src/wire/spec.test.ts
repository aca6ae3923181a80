import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { closeCodes, errorCodes } from "./errors.ts";

const chapter = /<!-- wire -->(.*)<!-- \/wire -->/su.exec(readFileSync("SPEC.md", "utf8"))?.[1] ?? "";
const unions = readFileSync("src/wire/messages.ts", "utf8");
const types = new Set([...unions.matchAll(/^ {2}readonly type: "(\w+)";$/gmu)].map(([, type]) => type));

test("[WR23] every message and every error code has its row in this chapter, every close code its meaning", () => {
  expect(types.size).toBeGreaterThan(20);
  for (const name of [...types, ...Object.keys(errorCodes)]) expect(chapter).toContain(`\n| \`${name}\` |`);
  for (const code of Object.values(closeCodes)) expect(chapter).toContain(`${code}`);
});
