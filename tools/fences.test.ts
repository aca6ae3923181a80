import { expect, test } from "vitest";
import { readCommands, readFences } from "./fences.ts";

test("[TL5] every ts fence is an example, with its line and whether it runs", () => {
  const markdown =
    "# Title\n\n```ts\nconst a = 1;\n```\n\n```sh\nls\n```\n\n```ts no-run\nwait();\n```\n" + "```tsx\n<p />;\n```\n";
  expect(readFences("README.md", markdown)).toEqual([
    { file: "README.md", line: 3, code: "const a = 1;\n", language: "ts", isRun: true },
    { file: "README.md", line: 11, code: "wait();\n", language: "ts", isRun: false },
    { file: "README.md", line: 14, code: "<p />;\n", language: "tsx", isRun: false },
  ]);
});

test("[TL5] a file of an app is known by its name, in whatever language, and is no program of its own", () => {
  const markdown =
    "```sh\nnpm install\n```\n```ts file=server.ts\nserve();\n```\n```json file=tsconfig.json\n{}\n```\n```json\n1\n```\n";
  expect(readFences("app.md", markdown)).toEqual([
    { file: "app.md", line: 4, code: "serve();\n", language: "ts", isRun: false, fileName: "server.ts" },
    { file: "app.md", line: 7, code: "{}\n", language: "json", isRun: false, fileName: "tsconfig.json" },
  ]);
  expect(readCommands(markdown)).toEqual(["npm install\n"]);
});
