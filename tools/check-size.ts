/** What a page pays for the client: bundled, minified, gzipped. */
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const maxClientBytes = 12 * 1024;

const result = await build({
  entryPoints: ["dist/client/index.js"],
  bundle: true,
  minify: true,
  format: "esm",
  platform: "browser",
  target: "es2023",
  write: false,
});
const bytes = gzipSync(result.outputFiles[0]?.contents ?? "", { level: 9 }).byteLength;
console.log(`switchboard/client: ${bytes} bytes minified and gzipped, the limit is ${maxClientBytes}`);
process.exitCode = bytes <= maxClientBytes ? 0 : 1;
