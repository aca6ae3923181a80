import { afterEach, expect, test } from "vitest";
import { RawPeer, rawHandshake } from "../../test/raw-peer.ts";
import { memoryBroker } from "../brokers/index.ts";
import { subprotocol } from "../wire/index.ts";
import { createGateway, type Gateway, type GatewayOptions } from "./gateway.ts";
import { Hosts } from "./hosts.ts";

const gateways: Gateway[] = [];
afterEach(async () => {
  await Promise.all(gateways.splice(0).map((gateway) => gateway.close({ graceMs: 1 })));
});

test("[SV33] a name that is listed is answered to, in any case and with any port, and so is this machine's own", () => {
  const hosts = new Hosts(["chat.example.com", "10.0.0.5", "[fd00::1]"]);
  for (const host of [
    "chat.example.com",
    "CHAT.example.com:8080",
    "10.0.0.5:1",
    "[FD00::1]:443",
    "localhost",
    "127.0.0.1:9",
    "[::1]:9",
  ]) {
    expect([host, hosts.refuse(host)]).toEqual([host, undefined]);
  }
});

test("[SV33] any other name is refused, and so is what is no name", () => {
  const hosts = new Hosts(["chat.example.com"]);
  const others = [
    "evil.example",
    "chat.example.com.evil.example",
    "x.chat.example.com",
    "localhost.evil.example",
    "0.0.0.0",
  ];
  const strange = [
    "",
    "chat.example.com@evil.example",
    "evil.example/chat.example.com",
    "chat.example.com:port",
    undefined,
  ];
  for (const host of [...others, ...strange]) {
    expect([host, hosts.refuse(host)]).toEqual([host, expect.stringContaining("its operator can add it to hosts")]);
  }
  expect(new Hosts("any").refuse("evil.example")).toBeUndefined();
});

test("[SV33] what is no name cannot be listed", () => {
  for (const name of ["https://chat.example.com", "chat.example.com:443", "", "*.example.com"]) {
    expect(() => new Hosts([name])).toThrow(TypeError);
    expect(() => createGateway({ channels: {}, hosts: [name] })).toThrow(
      "in hosts: give a name or an address without a port",
    );
  }
});

/** A gateway's port. */
async function open(options: Partial<GatewayOptions<{}>>): Promise<number> {
  const gateway = createGateway({ channels: {}, broker: memoryBroker(), ...options });
  gateways.push(gateway);
  return (await gateway.listen({ port: 0 })).port;
}

/** What a handshake under that name is answered with: of a page of that name by default. */
async function dial(port: number, host: string, origin: string | undefined = `http://${host}`): Promise<string> {
  const peer = await RawPeer.connect(port);
  const headers = { Host: host, "Sec-WebSocket-Protocol": subprotocol, ...(origin === "" ? {} : { Origin: origin }) };
  peer.write(rawHandshake({ headers }));
  const head = await peer.readHead();
  peer.destroy();
  return head.slice(9, 12);
}

test("[SV33] a page that has its own name point here is refused with 421, though it is of the same origin", async () => {
  const port = await open({ hosts: ["chat.example.com"] });
  const names = [`evil.example:${port}`, `chat.example.com:${port}`, `127.0.0.1:${port}`];
  expect(await Promise.all(names.map((name) => dial(port, name)))).toEqual(["421", "101", "101"]);
});

test("[SV33] a request for health under another name is refused with a sentence that says what to do", async () => {
  const port = await open({ hosts: ["chat.example.com"] });
  const peer = await RawPeer.connect(port);
  peer.write("GET /healthz HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
  expect((await peer.readHead()).slice(9, 12)).toBe("421");
  peer.destroy();
  expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
});

test("[SV35] without a list a page that came unencrypted under a name that a stranger can have is refused, and the log says so once", async () => {
  const told: object[] = [];
  const log = { info() {}, error() {}, warn: (fields: object) => void told.push(fields) };
  const port = await open({ log });
  const [evil, other] = [`evil.example:${port}`, "other.example"];
  expect([await dial(port, evil), await dial(port, evil), await dial(port, other)]).toEqual(["421", "421", "421"]);
  expect(told).toMatchObject([
    { host: evil, reason: expect.stringContaining("add the name to hosts") },
    { host: other },
  ]);
  for (let count = 0; count < 20; count += 1) await dial(port, `x${count}.example`);
  expect(told).toHaveLength(10);
});

test("[SV35] what shows that it is meant is answered: a page by https, what is no page, an address, a name that nobody can have", async () => {
  const port = await open({});
  const pages = ["10.0.0.5", "[fd00::1]:8081", "gateway", "app.localhost", "app.test", "ada.local", "vm.internal:8080"];
  expect(await Promise.all(pages.map((host) => dial(port, host)))).toEqual(pages.map(() => "101"));
  expect(await dial(port, "chat.example.com", "https://chat.example.com")).toBe("101");
  expect(await dial(port, "chat.example.com", "")).toBe("101");
  for (const host of [
    "evil-localhost",
    "app.evil-localhost",
    "xlocalhost.example",
    "10.0.0.5.evil.example",
    "localhost.",
  ]) {
    expect([host, await dial(port, host)]).toEqual([host, host.includes(".") ? "421" : "101"]);
  }
});

test("[SV35] where a list says which pages may connect, or any may, the name does not matter", async () => {
  const origins = ["http://evil.example"];
  const named = await Promise.all([open({ origins }), open({ origins: "any" }), open({ hosts: "any" })]);
  const answers = await Promise.all(named.map((port) => dial(port, "evil.example")));
  expect(answers).toEqual(["101", "101", "101"]);
});

test("[OP23] the port of those who operate answers to its own names, and to those that are listed", async () => {
  const gateway = createGateway({ channels: {}, broker: memoryBroker() });
  gateways.push(gateway);
  const ask = async (port: number, host: string): Promise<string> => {
    const peer = await RawPeer.connect(port);
    peer.write(`GET /healthz HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    const head = await peer.readHead();
    peer.destroy();
    return head.slice(9, 12);
  };
  const { port: own } = await gateway.listenAdmin({ port: 0 });
  expect([await ask(own, "localhost"), await ask(own, "ops.example.com")]).toEqual(["200", "421"]);
  const { port: listed } = await gateway.listenAdmin({ port: 0, hosts: ["ops.example.com"] });
  expect([await ask(listed, "ops.example.com"), await ask(listed, "evil.example")]).toEqual(["200", "421"]);
});
