/** What a page of another site can have a browser do: to the gateway, and to the port of those who operate it. */
import { request } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { RawPeer, rawHandshake } from "../raw-peer.ts";
import { startAttacked } from "./attacked-gateway.ts";

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** Asks with any header, as `fetch` would not. */
function ask(
  url: string,
  {
    body,
    headers = {},
    method = "GET",
  }: { readonly method?: string; readonly headers?: Readonly<Record<string, string>>; readonly body?: string },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

async function statusOf(port: number, headers: Readonly<Record<string, string>>): Promise<string> {
  const peer = await RawPeer.connect(port);
  onTestFinished(() => peer.destroy());
  peer.write(rawHandshake({ headers: { "Sec-WebSocket-Protocol": "switchboard.v1+json", ...headers } }));
  return (await peer.readHead()).slice(9, 12);
}

const foreign = "https://evil.example";
const cookie = "session=ada";

test("[GA18, EN5] a foreign page with the user's cookies is refused before authenticate is asked", async () => {
  let askedCount = 0;
  const { gateway, port } = await startAttacked({
    authenticate: () => {
      askedCount += 1;
      return { id: "ada" };
    },
  });
  expect(await statusOf(port, { Origin: foreign, Cookie: cookie })).toBe("403");
  expect(gateway.info().connectionCount).toBe(0);
  expect(await statusOf(port, { Origin: "http://localhost", Cookie: cookie })).toBe("101");
  expect(askedCount).toBe(0);
});

test("[GA18] the operator's port makes no WebSocket of any handshake", async () => {
  const { adminUrl } = await startAttacked();
  const { port } = new URL(adminUrl);
  for (const headers of [{}, { Origin: foreign, Cookie: cookie }, { Origin: adminUrl }]) {
    expect(await statusOf(Number(port), { Host: `127.0.0.1:${port}`, ...headers })).toMatch(/^4/);
  }
});

test("[GA18, OP21, OP23] what a page may send without asking does nothing there, and what it asks for is not granted", async () => {
  const { adminKey, adminUrl, gateway } = await startAttacked();
  const body = JSON.stringify({ channel: "chat/1", event: "message", data: { text: "forged" } });
  const from = { Origin: foreign, Cookie: `key=${adminKey}` };
  const publish = `${adminUrl}/v1/publish`;
  // A form and a `fetch` without a preflight: three types, no Authorization. The last three have the key, which no page has.
  const forms = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=a"];
  for (const type of forms) {
    expect((await ask(publish, { method: "POST", headers: { ...from, "Content-Type": type }, body })).status).toBe(401);
    const headers = { ...from, "Content-Type": type, Authorization: `Bearer ${adminKey}` };
    expect((await ask(publish, { method: "POST", headers, body })).status).toBe(400);
  }
  const preflight = await ask(publish, {
    method: "OPTIONS",
    headers: { ...from, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization" },
  });
  expect(preflight.status).toBe(405);
  const stats = await ask(`${adminUrl}/v1/stats`, { headers: { ...from, Authorization: `Bearer ${adminKey}` } });
  for (const { headers } of [preflight, stats]) {
    expect(Object.keys(headers).filter((name) => name.startsWith("access-control-"))).toEqual([]);
  }
  expect(gateway.info().channelCount).toBe(0);
});

test("[GA18, OP21] on this machine, too, every operation needs a key; a wrong one is answered like none, and neither is repeated or logged", async () => {
  const { adminKey, adminUrl, logged } = await startAttacked();
  const wrong = [
    {},
    { Authorization: "" },
    { Authorization: `Basic ${adminKey}` },
    { Authorization: `Bearer ${adminKey.slice(1)}` },
    { Authorization: `Bearer ${"x".repeat(32)}` },
    { Authorization: `Bearer ${adminKey}x` },
  ];
  const answers = await Promise.all(wrong.map((headers) => ask(`${adminUrl}/v1/stats?channel=x`, { headers })));
  const inUrl = await ask(`${adminUrl}/v1/stats?key=${adminKey}&access_token=${adminKey}`, {});
  const told = [...answers, inUrl].map(({ status, text }) => `${status} ${text}`);
  expect(new Set(told).size).toBe(1);
  expect(told[0]).toMatch(/^401 /);
  expect([...told, ...logged].join("\n")).not.toContain(adminKey.slice(1));
});
