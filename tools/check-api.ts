/**
 * Compares the public API with the committed reports `api/<entry>.api.md`; a difference fails. `--write` renews them.
 * One report for each subpath of package.json's `exports` that has types.
 */
import { mkdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Extractor, ExtractorConfig, ExtractorLogLevel, type ExtractorMessage } from "@microsoft/api-extractor";

type Exports = Readonly<Record<string, string | { readonly types: string }>>;

const root = resolve(import.meta.dirname, "..");
const isLocalBuild = process.argv.includes("--write");

process.exitCode = checkReports() ? 0 : 1;

function checkReports(): boolean {
  const manifest = JSON.parse(readFileSync(resolve(root, "package.json"), "utf8")) as { readonly exports: Exports };
  mkdirSync(resolve(root, "temp/api"), { recursive: true });
  const results = Object.entries(manifest.exports).map(([subpath, target]) =>
    typeof target === "string" ? true : checkReport(subpath === "." ? "switchboard" : subpath.slice(2), target.types),
  );
  return results.every(Boolean);
}

function checkReport(entry: string, types: string): boolean {
  const result = Extractor.invoke(configFor(entry, types), {
    localBuild: isLocalBuild,
    showVerboseMessages: false,
    messageCallback: quieten,
  });
  if (result.apiReportChanged && isLocalBuild) console.log(`renewed api/${entry}.api.md`);
  if (result.apiReportChanged && !isLocalBuild) {
    console.error(`The public API differs from api/${entry}.api.md: run \`npm run api\` and review the difference`);
  }
  return result.succeeded;
}

function configFor(entry: string, types: string): ExtractorConfig {
  return ExtractorConfig.prepare({
    packageJsonFullPath: resolve(root, "package.json"),
    configObjectFullPath: undefined,
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: resolve(root, types),
      // The compiler's own d.ts files are read: only their module rules matter here.
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: "es2023",
            module: "nodenext",
            moduleResolution: "nodenext",
            types: ["node"],
            lib: ["es2023", "dom", "dom.iterable", "dom.asynciterable"],
            skipLibCheck: true,
          },
          files: [resolve(root, types)],
        },
      },
      apiReport: {
        enabled: true,

        reportFileName: `${entry}.api.md`,
        reportFolder: resolve(root, "api"),
        reportTempFolder: resolve(root, "temp/api"),
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      newlineKind: "lf",
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        extractorMessageReporting: {
          default: { logLevel: ExtractorLogLevel.Error },
          "ae-missing-release-tag": { logLevel: ExtractorLogLevel.None },
          // The report holds such types too; `{@link name}` is written for editors, which find the name.
          "ae-forgotten-export": { logLevel: ExtractorLogLevel.None },
          "ae-unresolved-link": { logLevel: ExtractorLogLevel.None },
        },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
    },
  });
}

/** Only faults are for people. A member whose name says everything needs no sentence; an exported name does. */
function quieten(message: ExtractorMessage): void {
  const isMember = message.messageId === "ae-undocumented" && message.sourceFileColumn !== 1;
  const isFault = message.logLevel === ExtractorLogLevel.Error && !isMember;
  if (isFault) return;
  message.logLevel = ExtractorLogLevel.None;
  message.handled = true;
}
