import { expect, test } from "vitest";
import { readFences } from "./fences.ts";

test("[TL5] every ts fence is an example, with its line and whether it runs", () => {
  const markdown =
    "# Title\n\n```ts\nconst a = 1;\n```\n\n```sh\nls\n```\n\n```ts no-run\nwait();\n```\n" + "```tsx\n<p />;\n```\n";
  expect(readFences("README.md", markdown)).toEqual([
    { file: "README.md", line: 3, code: "const a = 1;\n", language: "ts", isRun: true },
    { file: "README.md", line: 11, code: "wait();\n", language: "ts", isRun: false },
    { file: "README.md", line: 14, code: "<p />;\n", language: "tsx", isRun: false },
  ]);
});
