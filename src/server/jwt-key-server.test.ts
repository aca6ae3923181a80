import { generateKeyPairSync } from "node:crypto";
import { beforeEach, expect, test } from "vitest";
import { KeyServer } from "./jwt-key-server.ts";
import { publicAlgorithms } from "./jwt-keys.ts";

const url = new URL("https://id.example/jwks.json");
const jwk = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({ format: "jwk" });
const setOf = (...kids: readonly string[]): object => ({ keys: kids.map((kid) => ({ ...jwk, kid })) });

let nowMs: number;
/** What the issuer answers next. */
let answer: () => Response | Promise<Response>;
let requests: RequestInit[];
let server: KeyServer;

beforeEach(() => {
  nowMs = 0;
  requests = [];
  answer = () => Response.json(setOf("k1"));
  server = new KeyServer({
    url,
    algorithms: [...publicAlgorithms, "HS256"],
    steadyMs: () => nowMs,
    fetch: async (_url, init = {}) => {
      requests.push(init);
      return answer();
    },
  });
});

const find = async (kid: string): Promise<string | undefined> => (await server.find({ kid, alg: "RS256" }))?.kid;
const failure = (): Promise<Error> =>
  find("k1").then(
    () => new Error("found"),
    (error: unknown) => error as Error,
  );

test("[JW8] the keys are fetched once for all who wait, and kept for ten minutes", async () => {
  expect(await Promise.all([find("k1"), find("k1"), find("k1")])).toEqual(["k1", "k1", "k1"]);
  nowMs = 599_999;
  expect(await find("k1")).toBe("k1");
  expect(requests).toHaveLength(1);
  answer = () => Response.json(setOf("k2"));
  nowMs = 600_000;
  expect(await find("k1")).toBeUndefined();
  expect(requests).toHaveLength(2);
});

test("[JW8] a key that is not known is one request more, however many ask for however many, until 30 s have passed", async () => {
  await find("k1");
  nowMs = 29_999;
  expect(await find("k2")).toBeUndefined();
  expect(requests).toHaveLength(1);
  answer = () => Response.json(setOf("k1", "k2"));
  nowMs = 30_000;
  const flood = Array.from({ length: 1_000 }, (_, index) => find(`unknown-${index}`));
  expect(await find("k2")).toBe("k2");
  expect(new Set(await Promise.all(flood))).toEqual(new Set([undefined]));
  expect(requests).toHaveLength(2);
});

test("[JW8] keys that cannot be had anew are used for a day, and asked for every 30 s", async () => {
  await find("k1");
  answer = () => new Response("", { status: 500 });
  nowMs = 600_000;
  expect(await find("k1")).toBe("k1");
  nowMs = 629_999;
  expect(await find("k1")).toBe("k1");
  expect(requests).toHaveLength(2);
  nowMs = 86_399_999;
  expect(await find("k1")).toBe("k1");
  nowMs = 86_400_000;
  expect(await failure()).toMatchObject({
    message: "Cannot get keys from https://id.example/jwks.json",
    cause: { message: "Cannot get keys: it answered 500" },
  });
});

test("[JW8] without any keys it is tried once a second", async () => {
  answer = () => Promise.reject(new Error("no route"));
  expect(await failure()).toMatchObject({ cause: { message: "no route" } });
  nowMs = 999;
  expect(await failure()).toMatchObject({ cause: { message: "no route" } });
  expect(requests).toHaveLength(1);
  answer = () => Response.json(setOf("k1"));
  nowMs = 1_000;
  expect(await find("k1")).toBe("k1");
});

test("[JW8] no redirect is followed, and the request has an end", async () => {
  await find("k1");
  expect(requests).toMatchObject([{ redirect: "error", signal: expect.any(AbortSignal) }]);
});

test("[JW8] a set of 256 KiB is read, a longer one is not, and not to its end", async () => {
  const text = JSON.stringify(setOf("k1"));
  answer = () => new Response(text.padEnd(256 * 1024));
  expect(await find("k1")).toBe("k1");
  nowMs = 600_000;
  let pulledCount = 0;
  answer = () =>
    new Response(
      new ReadableStream({
        pull(controller) {
          pulledCount += 1;
          controller.enqueue(new Uint8Array(64 * 1024).fill(32));
        },
      }),
    );
  expect(await find("k1")).toBe("k1");
  expect(pulledCount).toBeLessThan(10);
});

test.for([
  ["no JSON", "<html>", "is not valid JSON"],
  ["nothing", null, "JSON"],
  ["no set", "{}", "it has no list `keys`"],
  [
    "only secrets, which would be everybody's",
    JSON.stringify({ keys: [{ kty: "oct", k: "A".repeat(64) }] }),
    "Cannot use",
  ],
] as const)("[JW8] an answer of %s gives no keys", async ([, body, reason]) => {
  answer = () => new Response(body);
  expect((await failure()).cause).toMatchObject({ message: expect.stringContaining(reason) });
});

test("[JW8] the URL is https, or this machine", () => {
  const make = (address: string) => (): KeyServer =>
    new KeyServer({ url: new URL(address), algorithms: publicAlgorithms, steadyMs: () => 0, fetch });
  for (const address of ["http://localhost:1/", "http://127.0.0.1/", "http://[::1]/", "https://id.example/"]) {
    expect(make(address)).not.toThrow();
  }
  for (const address of [
    "http://id.example/",
    "http://localhost.evil.example/",
    "ftp://localhost/",
    "file:///etc/keys",
  ]) {
    expect(make(address)).toThrow("give an https URL");
  }
});
