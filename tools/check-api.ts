/**
 * Compares the public API with the committed reports `api/<entry>.api.md`; a difference fails. `--write` renews them.
 * One report for each subpath of package.json's `exports` that has types.
 */
import { mkdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Extractor, type ExtractorConfig, ExtractorLogLevel, type ExtractorMessage } from "@microsoft/api-extractor";
import { type ApiSource, apiSources, prepareExtractor } from "./extractor-config.ts";

const root = resolve(import.meta.dirname, "..");
const isLocalBuild = process.argv.includes("--write");

process.exitCode = checkReports() ? 0 : 1;

function checkReports(): boolean {
  const manifest = JSON.parse(readFileSync(resolve(root, "package.json"), "utf8")) as Parameters<typeof apiSources>[1];
  mkdirSync(resolve(root, "temp/api"), { recursive: true });
  const results = apiSources(root, manifest).map(checkReport);
  return results.every(Boolean);
}

function checkReport(source: ApiSource): boolean {
  const { name } = source;
  const result = Extractor.invoke(configFor(source), {
    localBuild: isLocalBuild,
    showVerboseMessages: false,
    messageCallback: quieten,
  });
  if (result.apiReportChanged && isLocalBuild) console.log(`renewed api/${name}.api.md`);
  if (result.apiReportChanged && !isLocalBuild) {
    console.error(`The public API differs from api/${name}.api.md: run \`npm run api\` and review the difference`);
  }
  return result.succeeded;
}

function configFor({ name, types }: ApiSource): ExtractorConfig {
  const none = { logLevel: ExtractorLogLevel.None };
  const error = { logLevel: ExtractorLogLevel.Error };
  return prepareExtractor(
    root,
    { name, types, files: [types] },
    {
      apiReport: {
        enabled: true,
        reportFileName: `${name}.api.md`,
        reportFolder: resolve(root, "api"),
        reportTempFolder: resolve(root, "temp/api"),
      },
      docModel: { enabled: false },
      messages: {
        compilerMessageReporting: { default: error },
        extractorMessageReporting: {
          default: error,
          "ae-missing-release-tag": none,
          // The report holds such types too; `{@link name}` is written for editors, which find the name.
          "ae-forgotten-export": none,
          "ae-unresolved-link": none,
        },
        tsdocMessageReporting: { default: none },
      },
    },
  );
}

/** Only faults are for people. A member whose name says everything needs no sentence; an exported name does. */
function quieten(message: ExtractorMessage): void {
  const isMember = message.messageId === "ae-undocumented" && message.sourceFileColumn !== 1;
  const isFault = message.logLevel === ExtractorLogLevel.Error && !isMember;
  if (isFault) return;
  message.logLevel = ExtractorLogLevel.None;
  message.handled = true;
}
