import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Echo, roles } from "./echo.ts";
import { framing } from "./framing.ts";
import { play } from "./play.ts";
import { utf8 } from "./utf8.ts";

const cases = [...framing, ...utf8];

describe.each(roles)("a $role", ({ role, start }) => {
  let echo: Echo;

  beforeAll(async () => {
    echo = await start();
  });
  afterAll(() => echo.close());

  test.each(cases)(`[${role === "server" ? "AB1" : "AB2"}] Autobahn $id: $title`, async (one) => {
    const side = await echo.open();
    await play(side, one);
    if (role === "client") side.peer.socket.end(); // a client waits for the server to end the transport
    expect(await side.peer.readToEnd()).toBe("");
    side.peer.destroy();
  });
});
