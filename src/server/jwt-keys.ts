import { createPublicKey, createSecretKey, KeyObject } from "node:crypto";

/** The signatures that can be checked (RFC 7518 §3.1, RFC 8037, RFC 9864). `none` is not one. */
export type JwtAlgorithm =
  | "RS256"
  | "RS384"
  | "RS512"
  | "PS256"
  | "PS384"
  | "PS512"
  | "ES256"
  | "ES384"
  | "ES512"
  | "EdDSA"
  | "Ed25519"
  | "HS256"
  | "HS384"
  | "HS512";

/** A JSON Web Key (RFC 7517 §4), as `JSON.parse` gives it. */
export type JsonWebKeyLike = Readonly<Record<string, unknown>> & { readonly kty: string };

/** A set of them (RFC 7517 §5). Keys that cannot check a signature are passed over. */
export interface JsonWebKeySet {
  readonly keys: readonly JsonWebKeyLike[];
}

/** A key, and the one algorithm it is used with: what the token says is compared, never obeyed (RFC 8725 §3.1). */
export interface VerificationKey {
  readonly kid: string | undefined;
  readonly algorithm: JwtAlgorithm;
  readonly key: KeyObject;
}

/** What a token says of its signature. */
export interface SignatureHeader {
  readonly alg?: string;
  readonly kid?: string;
}

/** A token is no good. The message is for the log. */
export class TokenFault extends Error {
  override readonly name = "TokenFault";
}

/** Public keys only: whoever may look at them cannot sign. */
export const publicAlgorithms: readonly JwtAlgorithm[] = [
  "RS256",
  "ES256",
  "EdDSA",
  "PS256",
  "RS384",
  "RS512",
  "PS384",
  "PS512",
  "ES384",
  "ES512",
  "Ed25519",
];

/** RFC 7518 §3.2: "A key of the same size as the hash output … or larger MUST be used". */
const secretBytes: Readonly<Record<string, number>> = { HS256: 32, HS384: 48, HS512: 64 };
/** RFC 7518 §3.3: "A key of size 2048 bits or larger MUST be used". */
const rsaBits = 2048;
const maxKeyCount = 100;

/** The key that a token was signed with, by its name. @throws {TokenFault} if the token does not use it as it must be. */
export function pickKey(keys: readonly VerificationKey[], { alg, kid }: SignatureHeader): VerificationKey | undefined {
  const named = kid === undefined ? keys.filter(({ algorithm }) => algorithm === alg) : keysNamed(keys, kid);
  const key = named.find(({ algorithm }) => algorithm === alg);
  if (kid === undefined && named.length > 1) throw new TokenFault(`it names none of ${named.length} keys (kid)`);
  if (key !== undefined || named.length === 0) return key;
  const allowed = named.map(({ algorithm }) => algorithm).join(", ");
  throw new TokenFault(`it is signed with ${JSON.stringify(alg)}, its key is for ${allowed}`);
}

/** A sole key without a name is meant by any name. */
function keysNamed(keys: readonly VerificationKey[], kid: string): readonly VerificationKey[] {
  const named = keys.filter((key) => key.kid === kid);
  return named.length === 0 && keys.length === 1 ? keys.filter((key) => key.kid === undefined) : named;
}

/**
 * Reads a set of keys: those that may check a signature by one of the algorithms.
 *
 * @throws {TypeError} for what is no set, has more than 100 keys, or not one that can be used.
 */
export function readKeySet(value: unknown, algorithms: readonly JwtAlgorithm[]): readonly VerificationKey[] {
  const keys = isRecord(value) ? value["keys"] : undefined;
  if (!Array.isArray(keys)) throw new TypeError("Cannot read a JSON Web Key Set: it has no list `keys`");
  if (keys.length > maxKeyCount) {
    throw new TypeError(`Cannot read a JSON Web Key Set of ${keys.length} keys: the limit is ${maxKeyCount}`);
  }
  const faults: string[] = [];
  const usable = keys.flatMap((key: unknown) => {
    try {
      return [readKey(key, algorithms)];
    } catch (error) {
      faults.push(String(error));
      return [];
    }
  });
  if (usable.length > 0) return usable;
  throw new TypeError(`Cannot use any key of the JSON Web Key Set: ${faults.join("; ") || "it is empty"}`);
}

/** @throws {TypeError} for a key that cannot check a signature by one of the algorithms. */
export function readKey(value: unknown, algorithms: readonly JwtAlgorithm[]): VerificationKey {
  if (!isRecord(value)) throw new TypeError("Cannot read a JSON Web Key: it is not an object");
  const { alg, crv, k, key_ops: operations, kid, kty, use } = value;
  if (use !== undefined && use !== "sig") throw new TypeError(`Cannot use a key whose use is ${JSON.stringify(use)}`);
  if (Array.isArray(operations) && !operations.includes("verify")) {
    throw new TypeError("Cannot use a key whose key_ops lack verify");
  }
  const key =
    kty === "oct"
      ? createSecretKey(Buffer.from(String(k), "base64url"))
      : // Node checks the fields by itself.
        createPublicKey({ key: { ...value }, format: "jwk" });
  const fitting = kty === "oct" ? Object.keys(secretBytes) : fittingAlgorithms(key);
  const algorithm = algorithms.find((one) => fitting.includes(one) && (alg === undefined || alg === one));
  if (algorithm === undefined) {
    const kind = [kty, crv, alg].filter((part) => typeof part === "string").join(" ");
    throw new TypeError(`Cannot use a key of ${kind} for any of ${algorithms.join(", ")}`);
  }
  return checkStrength({ kid: typeof kid === "string" ? kid : undefined, algorithm, key });
}

/** A key of Node's own, or a secret's bytes. @throws {TypeError} as `readKey`. */
export function readKeyObject(given: KeyObject | Uint8Array, algorithms: readonly JwtAlgorithm[]): VerificationKey {
  const whole = given instanceof KeyObject ? given : createSecretKey(given);
  const key = whole.type === "private" ? createPublicKey(whole) : whole;
  const fitting = key.type === "secret" ? Object.keys(secretBytes) : fittingAlgorithms(key);
  const algorithm = algorithms.find((one) => fitting.includes(one));
  if (algorithm === undefined) throw new TypeError(`Cannot use this key for any of ${algorithms.join(", ")}`);
  return checkStrength({ kid: undefined, algorithm, key });
}

const curves: Readonly<Record<string, string>> = { prime256v1: "ES256", secp384r1: "ES384", secp521r1: "ES512" };

/** What a public key can be used for, by what it is. A secret can be used for none of it, and the other way round. */
function fittingAlgorithms({ asymmetricKeyDetails, asymmetricKeyType }: KeyObject): readonly string[] {
  switch (asymmetricKeyType) {
    case "rsa":
      return ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];
    case "ec":
      return [curves[asymmetricKeyDetails?.namedCurve ?? ""] ?? ""];
    case "ed25519":
      return ["EdDSA", "Ed25519"];
    default:
      return [];
  }
}

function checkStrength(checked: VerificationKey): VerificationKey {
  const { algorithm, key } = checked;
  const bits = key.asymmetricKeyDetails?.modulusLength ?? rsaBits;
  if (bits < rsaBits) throw new TypeError(`Cannot use an RSA key of ${bits} bits: ${rsaBits} are the least`);
  const least = secretBytes[algorithm] ?? 0;
  const bytes = key.symmetricKeySize ?? least;
  if (bytes < least) {
    throw new TypeError(`Cannot use a secret of ${bytes} bytes for ${algorithm}: ${least} are the least`);
  }
  return checked;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
