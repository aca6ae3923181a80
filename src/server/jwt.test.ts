import { createHmac, createSecretKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { SignJWT } from "jose";
import { beforeEach, expect, test } from "vitest";
import type { Identification } from "./credentials.ts";
import { jwtAuthenticator, jwtAuthenticatorOn, type JwtOptions } from "./jwt.ts";

const issuer = "https://id.example";
const audience = "chat";
const nowMs = Date.parse("2026-01-01T00:00:00Z");
const nowS = nowMs / 1_000;
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const secret = new Uint8Array(32).fill(7);

const jwkOf = (key: KeyObject, more: object): { readonly kty: string } =>
  ({ ...key.export({ format: "jwk" }), ...more }) as { readonly kty: string };
const jwks = {
  keys: [jwkOf(rsa.publicKey, { kid: "r1", alg: "RS256" }), jwkOf(ec.publicKey, { kid: "e1" })],
};
const good = { iss: issuer, aud: audience, sub: "u1", exp: nowS + 600 };

let requestCount: number;
beforeEach(() => {
  requestCount = 0;
});

function authenticate(token: string | undefined, options: Partial<JwtOptions> = {}): Promise<Identification> {
  const world = {
    steadyMs: () => 0,
    wallMs: () => nowMs,
    fetch: async () => {
      requestCount += 1;
      return Response.json(jwks);
    },
  };
  const hook = jwtAuthenticatorOn(world, { issuer, audience, keys: jwks, ...options });
  // It looks at the token only.
  return Promise.resolve(hook({ token } as Parameters<typeof hook>[0]));
}

interface Signing {
  readonly key?: KeyObject | Uint8Array;
  readonly header?: Readonly<Record<string, unknown>>;
}

const signed = (claims: object, { header = { kid: "r1" }, key = rsa.privateKey }: Signing = {}): Promise<string> =>
  new SignJWT({ ...claims }).setProtectedHeader({ alg: "RS256", ...header }).sign(key);

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
/** A token as an attacker writes it: whatever header, whatever signature. */
function forged(header: object, makeSignature: (input: string) => Buffer, claims: object = good): string {
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${makeSignature(input).toString("base64url")}`;
}

async function reasonOf(token: string | undefined, options?: Partial<JwtOptions>): Promise<string> {
  const answer = await authenticate(token, options);
  return answer !== undefined && "refused" in answer ? answer.refused : "accepted";
}

test("[JW1] a token says who it is, for how long, by which id and with which claims", async () => {
  const claims = { ...good, name: "Ada", iat: nowS - 5, jti: "j1", role: "admin" };
  expect(await authenticate(await signed(claims))).toEqual({
    user: { id: "u1", name: "Ada" },
    expiresAtMs: nowMs + 605_000,
    issuedAtMs: nowMs - 5_000,
    tokenId: "j1",
    claims,
  });
  expect(await authenticate(await signed(good))).toEqual({
    user: { id: "u1" },
    expiresAtMs: nowMs + 605_000,
    claims: good,
  });
});

test("[JW1] the user may be made of other claims, or refused by them", async () => {
  const token = await signed({ ...good, email: "ada@example" });
  const user: JwtOptions["user"] = ({ email }) => (typeof email === "string" ? { id: email } : undefined);
  expect(await authenticate(token, { user })).toMatchObject({ user: { id: "ada@example" } });
  expect(await reasonOf(await signed(good), { user })).toBe("the token is no good: its claims name no user");
});

test.for([
  ["of a JSON Web Key Set", jwks],
  ["of the URL of a set", "https://id.example/jwks.json"],
  ["of a URL object", new URL("https://id.example/jwks.json")],
  ["as a JSON Web Key", jwkOf(rsa.publicKey, {})],
  ["as PEM", rsa.publicKey.export({ format: "pem", type: "spki" }).toString()],
  ["as a public KeyObject", rsa.publicKey],
  ["as a private KeyObject, of which the public half is taken", rsa.privateKey],
] as const)("[JW2] the key may be given %s", async ([name, keys]) => {
  expect(await reasonOf(await signed(good), { keys })).toBe("accepted");
  expect(requestCount).toBe(name.includes("URL") ? 1 : 0);
});

test("[JW2] a secret is bytes, a secret KeyObject or a JSON Web Key of them", async () => {
  const token = await signed(good, { key: secret, header: { alg: "HS256" } });
  const k = Buffer.from(secret).toString("base64url");
  for (const keys of [secret, createSecretKey(secret), { kty: "oct", k }]) {
    expect(await reasonOf(token, { keys })).toBe("accepted");
  }
});

test("[JW2] a key that cannot be used is refused at once", () => {
  const short = generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey;
  const make = (keys: JwtOptions["keys"], algorithms?: JwtOptions["algorithms"]) => (): unknown =>
    jwtAuthenticator({ issuer, audience, keys, ...(algorithms === undefined ? {} : { algorithms }) });
  expect(make("http://id.example/jwks.json")).toThrow(
    "Cannot fetch keys from http://id.example/jwks.json: give an https URL",
  );
  expect(make(new Uint8Array(31))).toThrow("Cannot use a secret of 31 bytes for HS256: 32 are the least");
  expect(make(short)).toThrow("Cannot use an RSA key of 1024 bits: 2048 are the least");
  expect(make(rsa.publicKey, ["ES256"])).toThrow("Cannot use this key for any of ES256");
  expect(make("shared secret")).toThrow(TypeError);
});

test("[JW3] alg none is refused, in every spelling", async () => {
  for (const alg of ["none", "None", "NONE", ""]) {
    for (const header of [{ alg, kid: "r1" }, { alg }]) {
      expect(await reasonOf(forged(header, () => Buffer.alloc(0)))).toMatch(/^the token is no good: /);
    }
  }
});

test("[JW3] a public key is never taken for a secret (CVE-2026-22817, CVE-2026-34950)", async () => {
  const pem = rsa.publicKey.export({ format: "pem", type: "spki" }).toString();
  for (const confused of [pem, ` ${pem}`, pem.trim(), JSON.stringify(jwks.keys[0])]) {
    const token = forged({ alg: "HS256", kid: "r1" }, (input) => createHmac("sha256", confused).update(input).digest());
    expect(await reasonOf(token)).toBe('the token is no good: it is signed with "HS256", its key is for RS256');
    expect(await reasonOf(token, { keys: pem })).toContain('signed with "HS256"');
    expect(await reasonOf(token, { algorithms: ["RS256", "HS256"] })).toContain('signed with "HS256"');
  }
});

test("[JW3] a key is used with its own algorithm only, though another fits it", async () => {
  const token = await signed(good, { header: { alg: "PS256", kid: "r1" } });
  expect(await reasonOf(token)).toContain('it is signed with "PS256", its key is for RS256');
  const keys = jwkOf(rsa.publicKey, {});
  expect(await reasonOf(token, { keys })).toContain("its key is for RS256");
  expect(await reasonOf(token, { keys, algorithms: ["PS256", "RS256"] })).toBe("accepted");
});

test("[JW3] a key that comes with the token is not looked at", async () => {
  const attacker = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const jwk = attacker.publicKey.export({ format: "jwk" });
  for (const header of [{ jwk }, { jwk, kid: "r1" }, { jku: "https://evil.example/jwks.json", kid: "r1" }]) {
    const token = await signed(good, { key: attacker.privateKey, header });
    expect(await reasonOf(token)).toBe("the token is no good: signature verification failed");
  }
});

test("[JW4] kid is a name and nothing else", async () => {
  for (const kid of ["../../dev/null", "r1' OR 1=1", "__proto__", "constructor", "https://evil.example"]) {
    const token = await signed(good, { header: { kid } });
    expect(await reasonOf(token)).toBe(`the token is no good: its key ${JSON.stringify(kid)} (RS256) is not known`);
  }
  expect(requestCount).toBe(0);
});

test("[JW4] a token that names no key is taken if only one fits it", async () => {
  expect(await reasonOf(await signed(good, { header: {} }))).toBe("accepted");
  const two = { keys: [...jwks.keys, jwkOf(rsa.publicKey, { kid: "r2" })] };
  expect(await reasonOf(await signed(good, { header: {} }), { keys: two })).toContain("it names none of 2 keys (kid)");
  expect(await reasonOf(await signed(good, { header: { kid: "any" } }), { keys: rsa.publicKey })).toBe("accepted");
  expect(await reasonOf(await signed(good, { header: {} }), { keys: ec.publicKey })).toContain("is not known");
});

test.for([
  ["another issuer", { iss: "https://evil.example" }, 'unexpected "iss" claim value (iss is "https://evil.example")'],
  ["no issuer", { iss: undefined }, 'missing required "iss" claim (iss is missing)'],
  ["another audience", { aud: "billing" }, 'unexpected "aud" claim value (aud is "billing")'],
  ["no audience", { aud: undefined }, 'missing required "aud" claim (aud is missing)'],
  ["no expiry", { exp: undefined }, 'missing required "exp" claim (exp is missing)'],
  ["an expiry that is no number", { exp: "never" }, '"exp" claim must be a number (exp is "never")'],
  ["no subject", { sub: undefined }, 'missing required "sub" claim (sub is missing)'],
  ["an empty subject", { sub: "" }, "its claims name no user"],
  ["an expiry 5 s ago", { exp: nowS - 5 }, `"exp" claim timestamp check failed (exp is ${nowS - 5})`],
  ["a beginning in 6 s", { nbf: nowS + 6 }, `"nbf" claim timestamp check failed (nbf is ${nowS + 6})`],
  ["a life of more than a day", { exp: nowS + 86_406 }, "it is good for 86406 s more, 86400 s are the most"],
] as const)("[JW5] a token with %s is refused", async ([, change, reason]) => {
  const claims = Object.fromEntries(Object.entries({ ...good, ...change }).filter(([, value]) => value !== undefined));
  expect(await reasonOf(await signed(claims))).toBe(`the token is no good: ${reason}`);
});

test("[JW5] clocks may differ by 5 s, and a day is the longest life", async () => {
  for (const change of [{ exp: nowS - 4 }, { nbf: nowS + 5 }, { exp: nowS + 86_405 }, { aud: ["billing", "chat"] }]) {
    expect(await reasonOf(await signed({ ...good, ...change }))).toBe("accepted");
  }
  const late = await signed({ ...good, exp: nowS - 4 });
  expect(await reasonOf(late, { clockToleranceMs: 4_000 })).toContain("timestamp check failed");
  expect(await reasonOf(await signed({ ...good, exp: nowS + 99_999 }), { maxLifetimeMs: Infinity })).toBe("accepted");
  expect(await reasonOf(await signed({ ...good, aud: "b" }), { audience: ["a", "b"] })).toBe("accepted");
});

test("[JW6] a token that was made for another purpose, or holds another, is refused", async () => {
  for (const typ of ["JWT", "jwt", "at+jwt", "application/at+JWT"]) {
    expect(await reasonOf(await signed(good, { header: { kid: "r1", typ } }))).toBe("accepted");
  }
  for (const typ of ["dpop+jwt", "logout+jwt", "JWE"]) {
    expect(await reasonOf(await signed(good, { header: { kid: "r1", typ } }))).toContain(`its type is "${typ}"`);
  }
  const nested = await signed(good, { header: { kid: "r1", cty: "JWT" } });
  expect(await reasonOf(nested)).toContain('it holds another token (cty "JWT")');
});

test("[JW7] what is no token is refused, and so is one that was changed", async () => {
  const token = await signed(good);
  const [head = "", , signature = ""] = token.split(".");
  const changed = `${head}.${encode({ ...good, sub: "admin" })}.${signature}`;
  for (const text of ["", "x", "a.b", "a.b.c", "a.b.c.d.e", `${token}x`, `${token}.`, changed, "ä.ö.ü"]) {
    expect(await reasonOf(text)).toMatch(/^the token is no good: /);
  }
  const crit = forged({ alg: "RS256", kid: "r1", crit: ["x"], x: 1 }, (input) =>
    sign("sha256", Buffer.from(input), rsa.privateKey),
  );
  expect(await reasonOf(crit)).toContain('"x" is not recognized');
  expect(await reasonOf(undefined)).toBe("there is no token");
});

test("[JW8] keys that cannot be had are a failure of the server, not of the token", async () => {
  const world = {
    steadyMs: () => 0,
    wallMs: () => nowMs,
    fetch: () => Promise.reject(new Error("no route")),
  };
  const hook = jwtAuthenticatorOn(world, { issuer, audience, keys: "https://id.example/jwks.json" });
  const answer = hook({ token: await signed(good) } as Parameters<typeof hook>[0]);
  await expect(answer).rejects.toMatchObject({
    message: "Cannot get keys from https://id.example/jwks.json",
    cause: { message: "no route" },
  });
});
