import { createPublicKey, KeyObject } from "node:crypto";
import type { JWTPayload } from "jose";
import type { Claims } from "../gateway/index.ts";
import type { User } from "../wire/index.ts";
import type { Identification } from "./credentials.ts";
import type { Authenticate } from "./hooks.ts";
import {
  type JsonWebKeyLike,
  type JsonWebKeySet,
  type JwtAlgorithm,
  pickKey,
  publicAlgorithms,
  readKey,
  readKeyObject,
  readKeySet,
  type SignatureHeader,
  TokenFault,
  type VerificationKey,
} from "./jwt-keys.ts";
import { KeyServer } from "./jwt-key-server.ts";
import { thisMachine } from "./machine.ts";

/**
 * Where the keys come from: the URL of a JSON Web Key Set (https; http only to this machine), the set itself, one key as JSON Web Key, as PEM
 * or as Node's `KeyObject`, or the bytes of a secret. A secret is never a text: so a public key cannot be taken for one.
 */
export type JwtKeys = string | URL | JsonWebKeySet | JsonWebKeyLike | KeyObject | Uint8Array;

/** What {@link jwtAuthenticator} is told. */
export interface JwtOptions {
  /** Who makes the tokens: their `iss`, exactly. */
  readonly issuer: string;
  /** For whom they are: one of these is in their `aud`. A token for another service of yours must not open this one (RFC 8725 §3.9). */
  readonly audience: string | readonly string[];
  readonly keys: JwtKeys;
  /**
   * What a signature may be made by. Each key is used with one: its own `alg`, or the first of these that fits it.
   * Default: all for public keys, RS256 first; HS256 for a secret.
   */
  readonly algorithms?: readonly JwtAlgorithm[];
  /** How far the issuer's clock may differ, in milliseconds. Default 5 000. */
  readonly clockToleranceMs?: number;
  /** A token that is good for longer is refused, in milliseconds. Default 24 hours. */
  readonly maxLifetimeMs?: number;
  /** Who it is, from claims that are proven. Default: `sub` is the id, `name` the name. `undefined` refuses. */
  user?(claims: Claims): User | undefined | Promise<User | undefined>;
}

/** What it takes from the world. */
export interface JwtWorld {
  readonly fetch: typeof fetch;
  readonly steadyMs: () => number;
  readonly wallMs: () => number;
}

/** RFC 8725 §3.11: a token that was made for another purpose says so. */
const types: ReadonlySet<unknown> = new Set([undefined, "jwt", "at+jwt", "application/at+jwt"]);
const dayMs = 86_400_000;

/**
 * Makes an `authenticate` that takes JSON Web Tokens (RFC 7519), with what RFC 8725 asks for: the algorithm is the key's and not the
 * token's choice; `exp` and `sub` are required; issuer, audience and type are checked. The line lives as long as its token.
 *
 * The client is told only that its credentials were refused; the log says why. If the keys cannot be had, that is a failure of the
 * server (close 1011), and clients try again.
 *
 * @throws {TypeError} for keys that cannot be used.
 *
 * @example
 * ```ts
 * const authenticate = jwtAuthenticator({
 *   issuer: "https://id.example.com",
 *   audience: "chat",
 *   keys: "https://id.example.com/.well-known/jwks.json",
 * });
 * ```
 */
export function jwtAuthenticator(options: JwtOptions): Authenticate {
  return jwtAuthenticatorOn({ ...thisMachine, fetch: (...request) => fetch(...request) }, options);
}

/** The same with time and network of the caller's. */
export function jwtAuthenticatorOn(world: JwtWorld, options: JwtOptions): Authenticate {
  const find = keyFinder(world, options);
  return async ({ token }): Promise<Identification> => {
    if (token === undefined) return { refused: "there is no token" };
    try {
      return await identify(await verify({ token, find, world, options }), { options, world });
    } catch (error) {
      if (error instanceof TokenFault) return { refused: `the token is no good: ${error.message}` };
      throw error;
    }
  };
}

type FindKey = (header: SignatureHeader) => VerificationKey | undefined | Promise<VerificationKey | undefined>;

function keyFinder({ fetch, steadyMs }: JwtWorld, { algorithms, keys }: JwtOptions): FindKey {
  if (keys instanceof URL || (typeof keys === "string" && !keys.startsWith("-----BEGIN "))) {
    const server = new KeyServer({ url: new URL(keys), algorithms: algorithms ?? publicAlgorithms, fetch, steadyMs });
    return (header) => server.find(header);
  }
  const known = readKeys(typeof keys === "string" ? createPublicKey(keys) : keys, algorithms);
  return (header) => pickKey(known, header);
}

function readKeys(
  keys: Exclude<JwtKeys, string | URL>,
  algorithms: readonly JwtAlgorithm[] | undefined,
): readonly VerificationKey[] {
  if (keys instanceof KeyObject || keys instanceof Uint8Array) {
    const isSecret = keys instanceof Uint8Array || keys.type === "secret";
    return [readKeyObject(keys, algorithms ?? (isSecret ? ["HS256"] : publicAlgorithms))];
  }
  if ("kty" in keys) return [readKey(keys, algorithms ?? (keys.kty === "oct" ? ["HS256"] : publicAlgorithms))];
  return readKeySet(keys, algorithms ?? publicAlgorithms);
}

interface Verification {
  readonly token: string;
  readonly find: FindKey;
  readonly world: JwtWorld;
  readonly options: JwtOptions;
}

/** @throws {TokenFault} for a token that is no good; anything else is ours. */
async function verify({ find, options, token, world }: Verification): Promise<JWTPayload> {
  // Loaded for those who use it, when they do.
  const { errors, jwtVerify } = await import("jose");
  const { audience, issuer } = options;
  try {
    const { payload, protectedHeader } = await jwtVerify(token, async (header) => findKey(find, header), {
      issuer,
      audience: typeof audience === "string" ? audience : [...audience],
      requiredClaims: ["exp", "sub"],
      clockTolerance: toleranceOf(options) / 1_000,
      currentDate: new Date(world.wallMs()),
    });
    const { cty, typ } = protectedHeader;
    if (!types.has(typ?.toLowerCase())) throw new TokenFault(`its type is ${JSON.stringify(typ)}`);
    if (cty !== undefined) throw new TokenFault(`it holds another token (cty ${JSON.stringify(cty)})`);
    return payload;
  } catch (error) {
    if (error instanceof errors.JWTClaimValidationFailed || error instanceof errors.JWTExpired) {
      const value = JSON.stringify(error.payload[error.claim])?.slice(0, 100) ?? "missing";
      throw new TokenFault(`${error.message} (${error.claim} is ${value})`);
    }
    if (error instanceof errors.JOSEError) throw new TokenFault(error.message);
    throw error;
  }
}

async function findKey(find: FindKey, header: SignatureHeader): Promise<KeyObject> {
  const found = await find(header);
  if (found === undefined) throw new TokenFault(`its key ${JSON.stringify(header.kid)} (${header.alg}) is not known`);
  return found.key;
}

async function identify(
  payload: JWTPayload,
  { options, world }: { readonly options: JwtOptions; readonly world: JwtWorld },
): Promise<Identification> {
  // `exp` is required and a number: jose has seen to that.
  const { exp = 0, iat, jti } = payload;
  const { maxLifetimeMs = dayMs, user = userOf } = options;
  const restMs = exp * 1_000 - world.wallMs();
  if (restMs > maxLifetimeMs + toleranceOf(options)) {
    throw new TokenFault(
      `it is good for ${Math.round(restMs / 1_000)} s more, ${maxLifetimeMs / 1_000} s are the most`,
    );
  }
  const found = await user(payload);
  if (found === undefined) throw new TokenFault("its claims name no user");
  return {
    user: found,
    expiresAtMs: exp * 1_000 + toleranceOf(options),
    claims: payload,
    ...(iat === undefined ? {} : { issuedAtMs: iat * 1_000 }),
    ...(typeof jti === "string" ? { tokenId: jti } : {}),
  };
}

function userOf({ name, sub }: Claims): User | undefined {
  if (typeof sub !== "string" || sub === "") return undefined;
  return typeof name === "string" ? { id: sub, name } : { id: sub };
}

function toleranceOf({ clockToleranceMs = 5_000 }: JwtOptions): number {
  return clockToleranceMs;
}
