import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { describeBroker } from "../../testing/index.ts";
import { sqliteBroker } from "./sqlite-broker.ts";

describeBroker("sqlite", {
  test,
  expect,
  isPersistent: true,
  async makeStore() {
    const folder = await mkdtemp(join(tmpdir(), "switchboard-"));
    return {
      makeBroker: () => sqliteBroker({ file: join(folder, "log.db") }),
      dispose: () => rm(folder, { recursive: true }),
    };
  },
});
