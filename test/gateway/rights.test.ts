/** What a client sees when its user may do less than before. */
import { createServer, type Server, type Socket, connect as dialTcp } from "node:net";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import { type Client, connect, type RoomStatus } from "../../src/client-node/index.ts";
import { channel, createGateway, event, type Gateway, memoryBroker, Refusal } from "../../src/server/index.ts";

/** Whom the application lets in, by room. */
let members: Set<string>;
let refusal: Error | undefined;

const channels = {
  room: channel("room/:id", {
    events: { said: event(z.string()) },
    authorize({ claims, params, user }) {
      if (refusal !== undefined) throw refusal;
      return params.id === "lobby" || claims["role"] === "member" || members.has(user.id);
    },
  }),
};

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

interface Line {
  readonly gateway: Gateway<typeof channels>;
  readonly client: Client<Gateway<typeof channels>>;
  /** Cuts every line, as a network does; the next goes through. */
  cut(): void;
}

/** A gateway, and a client that comes to it over a wire that can be cut. */
async function open(token: () => string = () => "member"): Promise<Line> {
  members = new Set(["ada"]);
  refusal = undefined;
  const gateway = createGateway({
    channels,
    broker: memoryBroker(),
    origins: "any",
    authenticate: ({ token: role = "" }) => ({
      user: { id: "ada" },
      claims: { role },
      ...(role === "short" && { expiresAtMs: Date.now() + 2_000 }),
    }),
  });
  cleanups.push(() => gateway.close({ graceMs: 1 }));
  const { port } = await gateway.listen({ port: 0 });
  const wires = new Set<Socket>();
  const wire: Server = createServer((near) => {
    const far = dialTcp(port, "127.0.0.1");
    wires.add(near);
    near.on("error", () => far.destroy()).on("close", () => far.destroy());
    far.on("error", () => near.destroy()).on("close", () => near.destroy());
    near.pipe(far);
    far.pipe(near);
  });
  wire.listen(0, "127.0.0.1");
  await once(wire, "listening");
  cleanups.push(() => wire.close());
  // The server listens on a port, not on a pipe.
  const url = `ws://127.0.0.1:${(wire.address() as AddressInfo).port}`;
  const client = connect<typeof gateway>(url, { token });
  cleanups.push(() => client.close());
  return { gateway, client, cut: () => wires.forEach((socket) => void socket.destroy()) };
}

type Room = ReturnType<Line["client"]["room"]>;

/** How a room ends: its status, and the code of the error. */
function endOf(room: Room): Promise<readonly [RoomStatus, string | undefined]> {
  return new Promise((resolve) => {
    room.onStatus(({ error, status }) => {
      if (status === "left" || status === "refused") resolve([status, error?.code]);
    });
  });
}

function isLive(room: Room): Promise<unknown> {
  return expect.poll(() => room.status).toBe("live");
}

test("[AU9] after a cut authorize is asked again, and a room that it denies ends with the code; the others go on", async () => {
  const { client, cut, gateway } = await open(() => "guest");
  const [staff, lobby] = [client.room({ id: "staff" }), client.room({ id: "lobby" })];
  const heard: string[] = [];
  staff.said.on(({ data }) => heard.push(data));
  await Promise.all([isLive(staff), isLive(lobby)]);
  const end = endOf(staff);
  members.delete("ada");
  cut();
  expect(await end).toEqual(["refused", "FORBIDDEN"]);
  await gateway.publish({ channel: "room", params: { id: "staff" }, event: "said", data: "secret" });
  await isLive(lobby);
  await lobby.said.send("hi");
  expect(heard).toEqual([]);
});

test("[AU9] the application's own code and words are what the room ends with", async () => {
  const { client, cut } = await open();
  const room = client.room({ id: "staff" });
  await isLive(room);
  const end = endOf(room);
  refusal = new Refusal("BANNED", "You were banned");
  cut();
  expect(await end).toEqual(["refused", "app:BANNED"]);
});

test("[AU17] when newer credentials say less, the rooms that need more are left with the code, and the line stays", async () => {
  let role = "short";
  const { client } = await open(() => role);
  members.add("ada");
  const [staff, lobby] = [client.room({ id: "staff" }), client.room({ id: "lobby" })];
  await Promise.all([isLive(staff), isLive(lobby)]);
  const end = endOf(staff);
  role = "guest";
  members.delete("ada");
  expect(await end).toEqual(["left", "FORBIDDEN"]);
  expect([client.state, lobby.status]).toEqual(["open", "live"]);
});

test("[AU18] gateway.reauthorize ends what a user may not any more, at once, and says at how many connections", async () => {
  const { client, gateway } = await open(() => "guest");
  const [staff, lobby] = [client.room({ id: "staff" }), client.room({ id: "lobby" })];
  await Promise.all([isLive(staff), isLive(lobby)]);
  expect(await gateway.reauthorize({ userId: "ada" })).toEqual({ connectionCount: 0 });
  const end = endOf(staff);
  members.delete("ada");
  expect(await gateway.reauthorize({ userId: "somebody else" })).toEqual({ connectionCount: 0 });
  expect(await gateway.reauthorize()).toEqual({ connectionCount: 1 });
  expect(await end).toEqual(["left", "FORBIDDEN"]);
  expect(lobby.status).toBe("live");
});

test("[AU19] while authorize fails nothing is delivered, and when it works again the room goes on without a loss", async () => {
  const { client, gateway } = await open();
  const room = client.room({ id: "staff" });
  const heard: string[] = [];
  room.said.on(({ data }) => heard.push(data));
  await isLive(room);
  refusal = new Error("The database is away");
  const say = { channel: "room", params: { id: "staff" }, event: "said" } as const;
  expect(await gateway.reauthorize()).toEqual({ connectionCount: 1 });
  await gateway.publish({ ...say, data: "meanwhile" });
  await expect.poll(() => room.status).toBe("joining");
  expect(heard).toEqual([]);
  refusal = undefined;
  await expect.poll(() => heard, { timeout: 10_000 }).toEqual(["meanwhile"]);
});
