import { afterEach, expect, test } from "vitest";
import { RawPeer, rawHandshake } from "../../test/raw-peer.ts";
import { memoryBroker } from "../brokers/index.ts";
import { subprotocol } from "../wire/index.ts";
import { createGateway, type Gateway } from "./gateway.ts";
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
async function open(options: { readonly hosts?: readonly string[] }): Promise<number> {
  const gateway = createGateway({ channels: {}, broker: memoryBroker(), ...options });
  gateways.push(gateway);
  return (await gateway.listen({ port: 0 })).port;
}

/** What a handshake under that name, as of a page of that name, is answered with. */
async function dial(port: number, host: string): Promise<string> {
  const peer = await RawPeer.connect(port);
  const headers = { Host: host, Origin: `http://${host}`, "Sec-WebSocket-Protocol": subprotocol };
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

test("[SV33] without a list every name is answered to", async () => {
  const port = await open({});
  expect(await dial(port, `evil.example:${port}`)).toBe("101");
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
