import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { build, type Plugin } from "esbuild";

const source = resolve("test/interop/programs");

/** Inside the repository, so that `ws` is found from there. */
export const bundleFolder: string = resolve("temp/interop");

/** The engine stays outside of a bundle: what is proved is the build that is published. */
const builtEngine: Plugin = {
  name: "built-engine",
  setup({ onResolve }) {
    onResolve({ filter: /\/src\/engine\/index\.ts$/ }, () => ({
      path: resolve("dist/engine/index.js"),
      external: true,
    }));
  },
};

/** Makes every program one file of JavaScript, for runtimes that know no types, and for pages. */
export async function bundlePrograms(): Promise<void> {
  const programs = readdirSync(source).filter((name) => /-(server|client)\.ts$/u.test(name));
  await build({
    entryPoints: programs.map((name) => join(source, name)),
    outdir: bundleFolder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    format: "esm",
    platform: "neutral",
    external: ["node:*", "ws"],
    plugins: [builtEngine],
    logLevel: "warning",
  });
}
