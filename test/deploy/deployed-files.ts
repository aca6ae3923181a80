/** What the files of deploy/ say, read for the tests that hold it against the program. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parse, parseAllDocuments } from "yaml";

export function readDeployed(name: string): string {
  return readFileSync(resolve("deploy", name), "utf8");
}

/** A part of a YAML file, of a shape that is looked at and not known. */
export type Part = { readonly [name: string]: unknown };

export function readCompose(): Part {
  return parse(readDeployed("compose.yaml"), { merge: true }) as Part;
}

/** The objects of the Kubernetes manifest by their kind. */
export function readManifest(): ReadonlyMap<string, Part> {
  const documents = parseAllDocuments(readDeployed("kubernetes.yaml"));
  return new Map(
    documents.map((document) => {
      const [fault] = [...document.errors, ...document.warnings];
      if (fault !== undefined) throw fault;
      const object = document.toJS() as Part;
      return [String(object["kind"]), object];
    }),
  );
}

/** What is at a path, each step of which must be there: a number is an index. */
export function at(part: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce((inner, step) => {
    const value = (inner as { readonly [name: string | number]: unknown } | undefined)?.[step];
    if (value === undefined) throw new Error(`There is no ${path.join(".")}`);
    return value;
  }, part);
}

/** Every `SWITCHBOARD_…` that a text sets: `NAME=value`, `NAME: value`, or `name: NAME, value: value`. Comments count, as people copy them. */
export function variablesIn(text: string): ReadonlyMap<string, string> {
  const set = /\b(SWITCHBOARD_[A-Z_]+)(?:=|: |, value: )"?([^\s"}\\]+)/gu;
  return new Map([...text.matchAll(set)].map(([, name = "", value = ""]) => [name, value]));
}

/** Every `SWITCHBOARD_…` that a text names. */
export function namesIn(text: string): readonly string[] {
  return [...new Set(text.match(/\bSWITCHBOARD_[A-Z_]+/gu))];
}
