import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

interface Manifest {
  readonly peerDependencies: Readonly<Record<string, string>>;
}

test("[TL9] the package's types name no package that is optional, but React in its own entry", () => {
  const { peerDependencies } = JSON.parse(readFileSync("package.json", "utf8")) as Manifest;
  const optional = Object.keys(peerDependencies).map((name) => `"${name}`);
  const files = readdirSync("dist", { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".d.ts"));
  const naming = files.filter((file) => {
    const text = readFileSync(join("dist", file), "utf8");
    return optional.some((name) => text.includes(name));
  });
  expect(files.length).toBeGreaterThan(100);
  expect(naming.filter((file) => !file.startsWith("react"))).toEqual([]);
});
