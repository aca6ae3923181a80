/** How API Extractor reads the compiler's own `.d.ts` files: the reports in `api/` and the guide's API pages must see the same names. */
import { resolve } from "node:path";
import { ExtractorConfig, type IConfigFile } from "@microsoft/api-extractor";

export interface ApiSource {
  /** As reports and pages call it: `engine`; `switchboard` is the root. */
  readonly name: string;
  /** Its `.d.ts` file, in full. */
  readonly types: string;
}

type Exports = Readonly<Record<string, string | { readonly types: string }>>;

/** The subpaths of package.json's `exports` that have types. */
export function apiSources(root: string, { exports }: { readonly exports: Exports }): readonly ApiSource[] {
  return Object.entries(exports).flatMap(([subpath, target]) => {
    const name = subpath === "." ? "switchboard" : subpath.slice(2);
    return typeof target === "string" ? [] : [{ name, types: resolve(root, target.types) }];
  });
}

/** @param files - what is compiled: the source's own file among them. */
export function prepareExtractor(
  root: string,
  source: ApiSource & { readonly files: readonly string[] },
  output: Pick<IConfigFile, "apiReport" | "docModel" | "messages">,
): ExtractorConfig {
  return ExtractorConfig.prepare({
    packageJsonFullPath: resolve(root, "package.json"),
    configObjectFullPath: undefined,
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: source.types,
      // Only the compiler's module rules matter here.
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
          files: source.files,
        },
      },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      newlineKind: "lf",
      ...output,
    },
  });
}
