/** What a page pays for each entry that browsers load, bundled and minified. More than its budget, gzipped, fails. */
import { brotliCompressSync, gzipSync } from "node:zlib";
import { build } from "esbuild";

interface Entry {
  readonly name: string;
  /** What the page imports, as its source says it. */
  readonly code: string;
  readonly maxGzipBytes: number;
  /** What the page has anyway, or another row counts. */
  readonly external?: readonly string[];
}

const entries: readonly Entry[] = [
  {
    name: "switchboard/client",
    code: 'export { connect, ClientError, SendError } from "./dist/client/index.js"',
    maxGzipBytes: 12 * 1024,
  },
  {
    name: "  with msgpack too",
    code: 'export { connect, ClientError, SendError } from "./dist/client/index.js"; export { msgpack } from "./dist/client/msgpack.js"',
    maxGzipBytes: 15 * 1024,
  },
  { name: "  all of its exports", code: 'export * from "./dist/client/index.js"', maxGzipBytes: 14 * 1024 },
  {
    name: "switchboard/react",
    code: 'export * from "./dist/react/index.js"',
    maxGzipBytes: 5 * 1024,
    external: ["react", "../client/index.js"],
  },
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
    stdin: { contents: entry.code, resolveDir: "." },
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
