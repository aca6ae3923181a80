import { once } from "node:events";
import { channel, createGateway, event, memoryBroker } from "switchboard";
import { connect } from "switchboard/client";
import { type CloseInfo, connect as dial, createWebSocketServer } from "switchboard/engine";
import { describe, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { z } from "zod";
import { frameworks, type Started } from "./frameworks.ts";

const news = channel("news", { events: { item: event(z.string()) } });

/** A framework with a gateway at `/ws`, an engine that echoes at `/echo`, and, for what is nobody's, a listener that is not ours. */
async function mount(start: () => Promise<Started>) {
  const app = await start();
  const gateway = createGateway({ channels: { news }, broker: memoryBroker() });
  await gateway.attach(app.server, { path: "/ws" });
  const echo = createWebSocketServer({ message: (socket, data) => void socket.send(data) });
  echo.attach(app.server, { path: "/echo" });
  const close = () => Promise.all([gateway.close(), echo.close(), app.close()]);
  return { app, gateway, echo, close, url: `ws://127.0.0.1:${app.port}` };
}

async function say(url: string, text: string): Promise<string> {
  let tell: (text: string) => void = () => {};
  const answer = new Promise<string>((resolve) => (tell = resolve));
  const socket = await dial(url, { message: (_socket, data) => tell(String(data)) });
  socket.send(text);
  const said = await answer;
  socket.terminate();
  return said;
}

describe.for(frameworks)("$name", ({ start }) => {
  test("[MT1] a gateway and an engine beside the routes: each answers what is its own, and what is nobody's is 404", async () => {
    const { app, close, url } = await mount(start);
    const client = connect<{ readonly channels: { readonly news: typeof news } }>(`${url}/ws`);
    const { item } = client.news();
    const told = new Promise((resolve) => item.on(({ data }) => resolve(data)));
    await item.send("hi");
    expect(await told).toBe("hi");
    expect(await say(`${url}/echo?how=fast`, "é")).toBe("é");
    expect(await (await fetch(`http://127.0.0.1:${app.port}/hello`)).text()).toBe("hello from /hello");
    await expect(dial(`${url}/hello`)).rejects.toMatchObject({ status: 404 });
    await client.close();
    await close();
  });

  test("[MT2] another library's upgrade listener on the same server has its own paths", async () => {
    const { app, close, url } = await mount(start);
    const theirs = new WebSocketServer({ noServer: true });
    app.server.on("upgrade", (request, socket, head) => {
      if (request.url === "/theirs") theirs.handleUpgrade(request, socket, head, (one) => one.send("theirs"));
    });
    const socket = new WebSocket(`${url}/theirs`);
    expect(String((await once(socket, "message"))[0])).toBe("theirs");
    socket.terminate();
    expect(await say(`${url}/echo`, "ours")).toBe("ours");
    await close();
  });

  test("[MT3] the gateway closed first, or at the same time: clients are told 1001, and the framework ends", async () => {
    const { app, ends, closeOurs, url } = await mountWithClients(start);
    await closeOurs();
    await app.close();
    expect(await ends).toEqual([1001, 1001]);
    await expect(dial(`${url}/echo`)).rejects.toMatchObject({ code: "ERR_NETWORK" });
    const other = await mountWithClients(start);
    await Promise.all([other.app.close(), other.closeOurs()]);
    expect(await other.ends).toEqual([1001, 1001]);
  });

  test("[MT3] the framework closed first takes nothing new, waits for the sockets that are open, and ends with them", async () => {
    const { app, ends, closeOurs, url } = await mountWithClients(start);
    const log: string[] = [];
    const closed = app.close().then(() => log.push("framework"));
    await expect(dial(`${url}/echo`)).rejects.toMatchObject({ code: "ERR_NETWORK" });
    log.push("ours");
    await closeOurs();
    await closed;
    expect(await ends).toEqual([1001, 1001]);
    expect(log).toEqual(["ours", "framework"]);
  });
});

/** With one client of each. `ends` are the codes that they are closed with. */
async function mountWithClients(start: () => Promise<Started>) {
  const { app, gateway, echo, url } = await mount(start);
  const ended = ["/ws", "/echo"].map(
    (path) =>
      new Promise<number>((resolve, reject) => {
        const options = {
          protocols: ["switchboard.v1+json"],
          close: (_socket: unknown, { code }: CloseInfo) => resolve(code),
        };
        dial(`${url}${path}`, options).catch(reject);
      }),
  );
  await expect.poll(() => [gateway.info().connectionCount, echo.sockets.size]).toEqual([1, 1]);
  return { app, url, ends: Promise.all(ended), closeOurs: () => Promise.all([gateway.close(), echo.close()]) };
}
