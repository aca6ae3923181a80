/** SPEC.md, chapter Wire, beside the code: neither may have what the other has not. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { retryDelayMs } from "../../src/client/backoff.ts";
import { isPassing } from "../../src/client/sender.ts";
import { defaultLimits } from "../../src/gateway/index.ts";
import { GatewayBench } from "../../src/testing/gateway-bench.ts";
import {
  closeCodes,
  decodeClientOp,
  decodeServerMessage,
  type ErrorCode,
  errorCodes,
  type HelloMessage,
  mayReconnect,
} from "../../src/wire/index.ts";

const chapter = /<!-- wire -->(.*)<!-- \/wire -->/su.exec(readFileSync("SPEC.md", "utf8"))?.[1] ?? "";
const source = readFileSync("src/wire/messages.ts", "utf8");

/** The text under a heading, up to the next. */
function section(heading: string): string {
  const [, text = ""] = chapter.split(`\n### ${heading}\n`);
  return text.split("\n### ")[0] ?? "";
}

/** The cells of a section's table rows; of its `nth` table. */
function rowsOf(text: string, nth = 0): readonly (readonly string[])[] {
  const tables = text.split("\n\n").filter((part) => part.trimStart().startsWith("|"));
  const [, , ...rows] = (tables[nth] ?? "").trim().split("\n");
  return rows.map((row) =>
    row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll("`", "")),
  );
}

function firstsOf(text: string, nth = 0): readonly string[] {
  return rowsOf(text, nth).map(([first = ""]) => first);
}

interface Declared {
  readonly type: string | undefined;
  /** With a `?` behind those that may be absent. */
  readonly fields: readonly string[];
}

/** What an interface of messages.ts declares, what it extends included. */
function declared(name: string): Declared {
  const match = new RegExp(`export interface ${name}(?: extends (\\w+))? \\{\\n(.*?)\\n\\}`, "su").exec(source);
  const [, base, body = ""] = match ?? [];
  const own = [...body.matchAll(/^ {2}readonly (\w+\??):/gmu)].map(([, field = ""]) => field);
  const inherited =
    base === undefined ? [] : base === "WireError" ? ["code", "message", "retryAfterMs?"] : declared(base).fields;
  return {
    type: /readonly type: "(\w+)";/u.exec(body)?.[1],
    fields: [...own, ...inherited].filter((field) => field !== "type"),
  };
}

/** The interfaces of a union. */
function members(union: string): readonly Declared[] {
  const [, list = ""] = new RegExp(`export type ${union} =\\n(.*?);`, "su").exec(source) ?? [];
  return [...list.matchAll(/\| (\w+)/gu)].map(([, name = ""]) => declared(name));
}

describe.each([
  { heading: "Client to server", union: "ClientOp" },
  { heading: "Server to client", union: "ServerMessage" },
])("$heading", ({ heading, union }) => {
  const text = section(heading);
  const types = members(union);

  test("[WR23] has a row for each message of the union, and no other", () => {
    expect(types.length).toBeGreaterThan(8);
    expect(new Set(firstsOf(text))).toEqual(new Set(types.map(({ type }) => type)));
    expect(firstsOf(text)).toHaveLength(types.length);
  });

  test.each(types)("[WR23] names every field of $type, and which may be absent", ({ fields, type }) => {
    const [, cell = ""] = rowsOf(text).find(([first]) => first === type) ?? [];
    // That of every request, said once below the table.
    const named = [...cell.matchAll(/\w+\??/gu)].map(([word]) => word).concat(union === "ClientOp" ? ["id"] : []);
    for (const field of fields) expect(named).toContain(field);
  });

  test.each(types)("[WR23] shows a $type that is one", ({ fields, type }) => {
    const examples = [...text.matchAll(/^\{"type":"(\w+)".*\}$/gmu)].filter((match) => match[1] === type);
    expect(examples.length).toBeGreaterThan(0);
    for (const [example] of examples) {
      const decoded = union === "ClientOp" ? decodeClientOp(example) : decodeServerMessage(example);
      expect([example, decoded.type]).toEqual([example, union === "ClientOp" ? "op" : "message"]);
      const known = fields.map((field) => field.replace("?", ""));
      for (const key of Object.keys(JSON.parse(example) as object)) expect(["type", ...known]).toContain(key);
    }
  });
});

describe("errors", () => {
  const rows = rowsOf(section("Errors"));

  test("[WR23] there is a row for each code, and no other", () => {
    expect(new Set(rows.map(([code]) => code))).toEqual(new Set([...Object.keys(errorCodes), "app:…"]));
    expect(rows).toHaveLength(Object.keys(errorCodes).length + 1);
  });

  test.each(rows)("[WR23] %s: %s", (code = "", _meaning = "", verdict = "", client = "") => {
    const isRetried = client.startsWith("asks again by itself");
    expect(isRetried).toBe(isPassing(code as ErrorCode));
    expect(["temporary", "final", "unknown", "as its author says"]).toContain(verdict);
    // Nobody repeats what can never do, or what may have been done.
    expect(isRetried && verdict !== "temporary").toBe(false);
  });
});

describe("close codes", () => {
  const rows = rowsOf(section("Close codes"), 1);

  test("[WR23] there is a row for each code with its name, and 1011", () => {
    const named = rows.map(([code, name]) => [name, Number(code)]).filter(([name]) => name !== "");
    expect(Object.fromEntries(named)).toEqual(closeCodes);
    expect(rows).toHaveLength(Object.keys(closeCodes).length + 1);
  });

  test.each(rows)("[WR23] after %s the client does what its row says", (code, _name, _when, client = "") => {
    expect(mayReconnect(Number(code))).toBe(client.startsWith("comes back"));
    expect(client).toMatch(/^(?:comes back|is closed)/u);
  });

  test("[WR23] the ranges are those that the client obeys", () => {
    expect(firstsOf(section("Close codes"))).toEqual([
      "1001, 1012",
      "4000-4499",
      "4500-4999",
      "any other, 1006 for no close frame",
    ]);
    const isFinal = (code: number): boolean => !mayReconnect(code);
    expect([1000, 1006, 3999, 4000, 4499, 4500, 4999, 5000].filter(isFinal)).toEqual([4500, 4999]);
    const firstTryMs = (code: number): number =>
      retryDelayMs({ attempt: 0, code, backoff: { minMs: 500, maxMs: 30_000 }, random: () => 1 });
    expect([1001, 1012, 1000, 1006, 4000].map(firstTryMs)).toEqual([5000, 5000, 500, 500, 500]);
  });
});

describe("hello", () => {
  const bench = new GatewayBench();
  bench.open(1);
  const hello = bench.take(1)[0] as HelloMessage;

  test("[WR23] the table has its limits with their defaults", () => {
    const rows = rowsOf(section("Limits in `hello`")).map(([name, value]) => [name, Number(value)]);
    expect(Object.fromEntries(rows)).toEqual(hello.limits);
    expect(section("Limits in `hello`")).toContain(`\`pingAfterMs\` (${defaultLimits.pingAfterMs})`);
  });

  test("[WR23] the levels are those that there are, weakest first", () => {
    const [, union = ""] = /export type Durability = (.*);/u.exec(source) ?? [];
    const levels = firstsOf(section("Durability"));
    expect(union).toBe(levels.map((level) => `"${level}"`).join(" | "));
    for (const durability of levels) {
      expect(decodeServerMessage(JSON.stringify({ ...hello, durability }))).toMatchObject({ type: "message" });
    }
  });
});

describe("states", () => {
  const diagrams = [...section("States").matchAll(/```mermaid\n(.*?)```/gsu)].map(([, text = ""]) => text);
  const statesOf = (nth: number): readonly string[] =>
    [
      ...new Set(
        [...(diagrams[nth] ?? "").matchAll(/^ {2}(\w+|\[\*\]) --> (\w+|\[\*\])/gmu)].flatMap(
          ([, from = "", to = ""]) => [from, to],
        ),
      ),
    ]
      .filter((state) => state !== "[*]")
      .toSorted();
  const unionOf = (file: string, name: string): readonly string[] => {
    const [, union = ""] = new RegExp(`export type ${name} =(.*?);\\n\\n`, "su").exec(readFileSync(file, "utf8")) ?? [];
    return [...union.matchAll(/(?:^ |state: |\| )"(\w+)"/gu)].map(([, state = ""]) => state).toSorted();
  };

  test("[WR23] a line's are those of client.state, a subscription's those of room.status", () => {
    expect(diagrams).toHaveLength(4);
    expect(statesOf(1)).toEqual(unionOf("src/client/client.ts", "ClientStateInfo"));
    expect(statesOf(2)).toEqual(unionOf("src/client/room.ts", "RoomStatus"));
  });

  test.each([0, 1, 2, 3])("[WR23] every state of diagram %i is reached, and left unless it is the end", (nth) => {
    const arrows = [...(diagrams[nth] ?? "").matchAll(/^ {2}(\w+|\[\*\]) --> (\w+|\[\*\])/gmu)].map(([, from, to]) => [
      from,
      to,
    ]);
    expect(arrows.length).toBe((diagrams[nth] ?? "").trim().split("\n").length - 1);
    for (const state of statesOf(nth)) {
      expect(arrows.some(([from, to]) => to === state && from !== state)).toBe(true);
      expect(arrows.some(([from, to]) => from === state && to !== state)).toBe(true);
    }
  });

  test("[WR23] every code that a diagram names is in the table of close codes", () => {
    const known = firstsOf(section("Close codes"), 1);
    const named = diagrams.flatMap((text) => [...text.matchAll(/\b(?:1|4)\d{3}\b/gu)].map(([code]) => code));
    expect(named.filter((code) => !known.includes(code) && code !== "4999")).toEqual([]);
  });
});
