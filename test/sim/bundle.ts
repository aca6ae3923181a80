import { mkdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build, type Plugin } from "esbuild";
import type { Edit } from "./bugs.ts";
import type * as Simulator from "./simulator.ts";

const root = resolve(import.meta.dirname, "../..");

/** The simulator with our source in one file, changed by the edits, as a module of its own. */
export async function loadSimulator(name: string, edits: readonly Edit[]): Promise<typeof Simulator> {
  const folder = join(root, "temp/sim");
  mkdirSync(folder, { recursive: true });
  const outfile = join(folder, `${name}.mjs`);
  await build({
    entryPoints: [join(root, "test/sim/simulator.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    target: "node20",
    sourcemap: "inline",
    logLevel: "error",
    plugins: [planting(edits)],
  });
  const module: unknown = await import(/* @vite-ignore */ pathToFileURL(outfile).href);
  return module as typeof Simulator; // the bundle of that very file
}

/** Puts the edits in where they belong. @throws {Error} for one that does not fit its file any more. */
function planting(edits: readonly Edit[]): Plugin {
  return {
    name: "planting",
    setup(building) {
      building.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const own = edits.filter(({ file }) => file === relative(root, path));
        if (own.length === 0) return undefined;
        return { contents: own.reduce(plant, readFileSync(path, "utf8")), loader: "ts" };
      });
    },
  };
}

export function plant(source: string, { file, from, to }: Edit): string {
  const count = source.split(from).length - 1;
  const where = `in ${file}: ${JSON.stringify(from)} is there ${count} times`;
  if (count !== 1) throw new Error(`Cannot plant ${where}; change test/sim/bugs.ts with the source`);
  return source.replace(from, () => to);
}
