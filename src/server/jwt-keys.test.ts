import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { expect, test } from "vitest";
import { pickKey, publicAlgorithms, readKey, readKeyObject, readKeySet } from "./jwt-keys.ts";

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey;
const jwk = (key: KeyObject): object => key.export({ format: "jwk" });
const curve = (namedCurve: string): object => jwk(generateKeyPairSync("ec", { namedCurve }).publicKey);
const oct = (bytes: number): object => ({ kty: "oct", k: Buffer.alloc(bytes, 7).toString("base64url") });
const all = [...publicAlgorithms, "HS256", "HS384", "HS512"] as const;

test("[JW3] the algorithm of a key is its own, or the first that fits what it is", () => {
  const algorithmOf = (key: object): string => readKey(key, all).algorithm;
  expect(algorithmOf(jwk(rsa))).toBe("RS256");
  expect(algorithmOf({ ...jwk(rsa), alg: "PS512" })).toBe("PS512");
  expect(["P-256", "P-384", "P-521"].map((name) => algorithmOf(curve(name)))).toEqual(["ES256", "ES384", "ES512"]);
  expect(algorithmOf(jwk(generateKeyPairSync("ed25519").publicKey))).toBe("EdDSA");
  expect(algorithmOf(oct(48))).toBe("HS256");
  expect(algorithmOf({ ...oct(48), alg: "HS384" })).toBe("HS384");
});

test.for([
  [{ ...jwk(rsa), alg: "HS256" }, "Cannot use a key of RSA HS256 for any of"],
  [{ ...curve("P-256"), alg: "ES384" }, "Cannot use a key of EC P-256 ES384 for any of"],
  [curve("secp256k1"), "Cannot use a key of EC secp256k1 for any of"],
  [jwk(generateKeyPairSync("x25519").publicKey), "Cannot use a key of OKP X25519 for any of"],
  [{ ...oct(32), alg: "RS256" }, "Cannot use a key of oct RS256 for any of"],
  [{ ...oct(47), alg: "HS384" }, "Cannot use a secret of 47 bytes for HS384: 48 are the least"],
  [{ ...oct(63), alg: "HS512" }, "Cannot use a secret of 63 bytes for HS512: 64 are the least"],
  [{ ...jwk(rsa), use: "enc" }, 'Cannot use a key whose use is "enc"'],
  [{ ...jwk(rsa), key_ops: ["encrypt"] }, "Cannot use a key whose key_ops lack verify"],
  [{ kty: "RSA" }, '"key.n" property'],
  ["text", "Cannot read a JSON Web Key: it is not an object"],
  [null, "Cannot read a JSON Web Key: it is not an object"],
] as const)("[JW2] the key %o is refused", ([key, reason]) => {
  expect(() => readKey(key, all)).toThrow(reason);
});

test("[JW2] a key that may verify is taken", () => {
  expect(readKey({ ...jwk(rsa), kid: "k", use: "sig", key_ops: ["verify"] }, all).kid).toBe("k");
  expect(readKey({ ...jwk(rsa), kid: 7 }, all).kid).toBeUndefined();
});

test("[JW2] a key of Node's that fits nothing is refused", () => {
  expect(() => readKeyObject(generateKeyPairSync("x25519").publicKey, all)).toThrow("Cannot use this key for any of");
});

test("[JW2] of a set, what cannot be used is passed over; without any that can, it is refused with the reasons", () => {
  const encryption = { ...jwk(rsa), use: "enc" };
  expect(readKeySet({ keys: [encryption, jwk(rsa), "text"] }, all)).toHaveLength(1);
  expect(() => readKeySet({ keys: [encryption] }, all)).toThrow('Cannot use a key whose use is "enc"');
  expect(() => readKeySet({ keys: [] }, all)).toThrow("it is empty");
  for (const value of [undefined, null, [], {}, { keys: {} }]) {
    expect(() => readKeySet(value, all)).toThrow("it has no list `keys`");
  }
});

test("[JW2] a set has at most 100 keys", () => {
  expect(readKeySet({ keys: Array.from({ length: 100 }, () => oct(32)) }, all)).toHaveLength(100);
  expect(() => readKeySet({ keys: Array.from({ length: 101 }, () => oct(32)) }, all)).toThrow(
    "of 101 keys: the limit is 100",
  );
});

test("[JW4] of two keys of one name, that for the token's algorithm is taken", () => {
  const keys = readKeySet(
    {
      keys: [
        { ...jwk(rsa), kid: "k" },
        { ...curve("P-256"), kid: "k" },
      ],
    },
    all,
  );
  expect(pickKey(keys, { kid: "k", alg: "ES256" })).toBe(keys[1]);
  expect(pickKey(keys, { kid: "x", alg: "ES256" })).toBeUndefined();
  expect(() => pickKey(keys, { kid: "k" })).toThrow("it is signed with undefined, its key is for RS256, ES256");
});
