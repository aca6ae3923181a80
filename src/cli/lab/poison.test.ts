import { describe, expect, test } from "vitest";
import fc from "fast-check";
import { library, replayAccept, replayMasking } from "./poison.ts";
import { NaiveProxy } from "./naive-proxy.ts";

const chance = { key: "AAECAwQFBgcICQoLDA0ODw==", maskingKey: 0x37fa213d };

describe("the attack on a naive proxy", () => {
  test("[LB1] a message without a mask puts the attacker's script into the cache, for everybody behind the proxy", () => {
    const { isPoisoned, served, steps } = replayMasking({ masks: false }, chance);
    expect(isPoisoned).toBe(true);
    expect(served).toContain("stealEverything()");
    expect(steps.map(({ says }) => says)).toContain(`passes the answer on, and keeps it as ${library}`);
  });

  test("[LB1] a masked message does not, whatever the masking key", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 0xffffffff }), (maskingKey) => {
        const { isPoisoned, served } = replayMasking({ masks: true }, { ...chance, maskingKey });
        expect(isPoisoned).toBe(false);
        expect(served).toContain("usefulLibrary()");
      }),
    );
  });

  test("[LB2] a kept answer opens a WebSocket with nobody where Accept is not checked, and the cache is poisoned", () => {
    const { isPoisoned, steps } = replayAccept({ checksAccept: false }, chance);
    expect(isPoisoned).toBe(true);
    expect(steps.map(({ says }) => says)).toContain("tells the page that the WebSocket is open");
  });

  test("[LB2] the check of Accept fails the connection before the page can send anything", () => {
    const { isPoisoned, steps } = replayAccept({ checksAccept: true }, chance);
    expect(isPoisoned).toBe(false);
    expect(steps.filter(({ from }) => from === "page")).toEqual([]);
    expect(steps.map(({ says }) => says).join()).toContain(
      "fails the connection: Cannot open the connection: Sec-WebSocket-Accept",
    );
  });

  test("[LB1] the scripts are whole responses: their length is that of their body", () => {
    for (const masks of [false, true]) {
      const [head, body] = replayMasking({ masks }, chance).served.split("\r\n\r\n");
      expect(head).toContain(`Content-Length: ${body?.length}`);
    }
  });
});

describe("the naive proxy", () => {
  const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
  const request = "GET /a HTTP/1.1\r\nHost: one.example\r\n\r\n";

  test("[LB3] keeps an answer by Host and path, whoever gave it, and gives it again", () => {
    const proxy = new NaiveProxy();
    proxy.receive(bytesOf(request), () => bytesOf("first"));
    const again = proxy.receive(bytesOf(request), () => bytesOf("second"));
    expect(again).toEqual([{ type: "cached", key: "http://one.example/a", response: bytesOf("first") }]);
  });

  test("[LB3] reads one request after the other, and waits for the end of one", () => {
    const proxy = new NaiveProxy();
    const steps = proxy.receive(bytesOf(`${request}${request.replace("/a", "/b")}GET /c HT`), () => bytesOf("x"));
    expect(steps.map((step) => step.type === "forwarded" && step.key)).toEqual([
      "http://one.example/a",
      "http://one.example/b",
    ]);
  });

  test("[LB3] skips what stands before a request, and between two", () => {
    const steps = new NaiveProxy().receive(bytesOf(`\x81\x05${request}\r\n\r\n${request}`), () => bytesOf("x"));
    expect(steps.map(({ type }) => type)).toEqual(["forwarded", "cached"]);
  });

  test("[LB3] closes on what is no request, and on a broken one", () => {
    const proxy = new NaiveProxy();
    expect(proxy.receive(bytesOf("nothing of the kind"), () => undefined)).toEqual([
      { type: "refused", reason: "Cannot read what came: no request begins in it" },
    ]);
    const [step] = proxy.receive(bytesOf("GET /a HTTP/1.1\r\nbad header\r\n\r\n"), () => undefined);
    expect(step?.type).toBe("refused");
  });
});
