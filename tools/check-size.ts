/** What a page pays for each entry that browsers load, bundled and minified. More than its budget, gzipped, fails. */
import { brotliCompressSync, gzipSync } from "node:zlib";
import { build } from "esbuild";

interface Entry {
  readonly name: string;
  readonly file: string;
  readonly maxGzipBytes: number;
  /** What the page has anyway, or another row counts. */
  readonly external?: readonly string[];
}

const entries: readonly Entry[] = [
  { name: "switchboard/client", file: "dist/client/index.js", maxGzipBytes: 12 * 1024 },
];

const rows = await Promise.all(entries.map(measure));
console.log("                         minified    gzip  brotli  budget (gzip)");
for (const { name, minified, gzip, brotli, maxGzipBytes } of rows) {
  const figures = [minified, gzip, brotli, maxGzipBytes].map((bytes) => String(bytes).padStart(8)).join("");
  console.log(name.padEnd(25) + figures);
}
const [client] = rows;
console.log(`switchboard/client: ${client?.gzip} bytes minified and gzipped, the limit is ${client?.maxGzipBytes}`);
process.exitCode = rows.every(({ gzip, maxGzipBytes }) => gzip <= maxGzipBytes) ? 0 : 1;

async function measure(entry: Entry): Promise<Entry & Record<"minified" | "gzip" | "brotli", number>> {
  const { outputFiles } = await build({
    entryPoints: [entry.file],
    external: [...(entry.external ?? [])],
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2023",
    write: false,
  });
  const code = outputFiles[0]?.contents ?? new Uint8Array();
  return {
    ...entry,
    minified: code.byteLength,
    gzip: gzipSync(code, { level: 9 }).byteLength,
    brotli: brotliCompressSync(code).byteLength,
  };
}
