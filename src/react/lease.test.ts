import { expect, test } from "vitest";
import { Lease } from "./lease.ts";

function leased(): { readonly lease: Lease; readonly log: string[] } {
  const log: string[] = [];
  const lease = new Lease(() => {
    log.push("begin");
    return () => log.push("end");
  });
  return { lease, log };
}

const turn = (): Promise<void> => Promise.resolve();

test("[RE1] the first holder begins it, the last one ends it, after the turn", async () => {
  const { lease, log } = leased();
  const [one, two] = [lease.hold(), lease.hold()];
  one();
  await turn();
  expect(log).toEqual(["begin"]);
  two();
  expect(log).toEqual(["begin"]);
  await turn();
  expect(log).toEqual(["begin", "end"]);
  lease.hold();
  expect(log).toEqual(["begin", "end", "begin"]);
});

test("[RE1] who lets go and takes again in one turn costs nothing, as StrictMode does", async () => {
  const { lease, log } = leased();
  lease.hold()();
  const letGo = lease.hold();
  await turn();
  expect(log).toEqual(["begin"]);
  letGo();
  letGo();
  const other = lease.hold();
  letGo();
  await turn();
  expect(log).toEqual(["begin"]);
  other();
  await turn();
  expect(log).toEqual(["begin", "end"]);
});

test("[RE1] let go twice in one turn it ends once", async () => {
  const { lease, log } = leased();
  lease.hold()();
  lease.hold()();
  await turn();
  await turn();
  expect(log).toEqual(["begin", "end"]);
});
