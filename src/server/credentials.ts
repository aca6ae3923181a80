import { createHash } from "node:crypto";
import type { Claims, Identity } from "../gateway/index.ts";
import type { User } from "../wire/index.ts";
import { findUserFault, publicUser } from "./public-user.ts";

/** Who it is, and what else the credentials say. Only `user` is required. */
export interface Authenticated {
  readonly user: User;
  /**
   * Until when the credentials are good, in milliseconds since 1970. A minute before, the client is told, so that it can send newer ones;
   * then the connection is closed with 4001. Default: for ever.
   */
  readonly expiresAtMs?: number;
  /** Since when they are: what was issued after its user was revoked is not revoked. Default: unknown, which is before. */
  readonly issuedAtMs?: number;
  /** What these credentials can be revoked by. */
  readonly tokenId?: string;
  /** Whatever `authorize` should know: roles, a tenant. Sent to nobody. */
  readonly claims?: Claims;
}

/** The credentials are no good. The client is told only that; the reason is for the log. */
export interface Refused {
  readonly refused: string;
}

/** What `authenticate` answers. `undefined` refuses without a reason. */
export type Identification = User | Authenticated | Refused | undefined;

/** An answer that was read: whose it is and for how long, or why nobody's. */
export type ReadIdentification =
  | (Omit<Authenticated, "user"> & { readonly type: "accepted"; readonly identity: Identity })
  | { readonly type: "refused"; readonly reason: string };

/**
 * Reads what `authenticate` answered.
 *
 * @throws {TypeError} for a user without a usable id, or a time that is none: the hook's fault, not the client's.
 */
export function readIdentification(
  answer: Identification,
  { device, nowMs }: { readonly device: string; readonly nowMs: number },
): ReadIdentification {
  if (answer === undefined) return { type: "refused", reason: "authenticate gave no user" };
  // A row of a user table may have a column of any name: what has an id is a user.
  if ("id" in answer) return accept({ user: answer }, device);
  if ("refused" in answer) return { type: "refused", reason: answer.refused };
  const { expiresAtMs = Infinity } = answer;
  if (Number.isNaN(expiresAtMs)) throw new TypeError("Cannot use NaN as expiresAtMs: give milliseconds since 1970");
  if (expiresAtMs <= nowMs) {
    return { type: "refused", reason: `the credentials expired ${Math.ceil(nowMs - expiresAtMs)} ms ago` };
  }
  return accept(answer, device);
}

/** A hash of a text, in base64url. */
export function digest(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}

/**
 * What makes a member's id of a user's and a device's, and a guest's of a device's, without giving that away: 96 bits of the hash, in 16
 * characters. Not a slice of {@link digest}, which would keep the whole of it alive.
 */
export function shortDigest(text: string): string {
  return createHash("sha256").update(text).digest().toString("base64url", 0, 12);
}

function accept({ user, ...answer }: Authenticated, device: string): ReadIdentification {
  const { id } = user;
  if (typeof id !== "string" || id === "") throw new TypeError(`Cannot use ${JSON.stringify(id)} as a user's id`);
  const fault = findUserFault(user);
  if (fault !== undefined) return { type: "refused", reason: fault };
  return { ...answer, type: "accepted", identity: identify({ ...answer, user }, device) };
}

function identify({ claims, issuedAtMs, tokenId, user }: Authenticated, device: string): Identity {
  const { id } = user;
  return {
    user: publicUser(user),
    member: shortDigest(`${id} ${device}`),
    ...(tokenId === undefined ? {} : { tokenId }),
    ...(issuedAtMs === undefined ? {} : { issuedAtMs }),
    ...(claims === undefined ? {} : { claims }),
  };
}
