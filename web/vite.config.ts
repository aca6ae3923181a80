import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";
import { compressFiles } from "./compress-files.ts";

export default defineConfig({
  plugins: [react(), compressPages()],
  build: {
    outDir: "dist",
    target: "es2023",
    // The Content-Security-Policy allows files of this origin only: nothing is inlined into the page or the style sheet.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: { chat: "index.html", lab: "lab/index.html", console: "console/index.html" } },
  },
  server: { proxy: { "/ws": { target: "ws://127.0.0.1:8080", ws: true } } },
});

/** Beside each file of text a copy that is compressed once, as far as it goes, for all who load it. */
function compressPages(): Plugin {
  return { name: "compress-pages", apply: "build", writeBundle: ({ dir }) => compressFiles(dir ?? "dist") };
}
