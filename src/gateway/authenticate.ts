import { type AuthOp, closeCodes, type RefreshOp } from "../wire/index.ts";
import { subscribeOwn } from "./command.ts";
import type { Case, Desk } from "./desk.ts";
import type { Failed, Identity } from "./effects.ts";
import { internalError, reauthorize } from "./reauthorize.ts";

/** A request that may come before anybody is known. */
type Unidentified<Op> = Omit<Case<Op>, "identity"> & { readonly identity: Identity | undefined };

/** Says who it is. Once a connection: what changes later comes by `refresh`. */
export function authenticate(desk: Desk, request: Unidentified<AuthOp>): void {
  const { outbox, users } = desk;
  const { admitted, answered, identity, op, session } = request;
  const { connection } = session;
  if (identity !== undefined) {
    const message = `Cannot auth again: this connection is "${identity.user.id}" already`;
    session.refuse(op.id, { code: "BAD_MESSAGE", message });
    admitted();
    return answered();
  }
  session.watchdog?.authCame();
  outbox.ask("authenticate", { connection, token: op.token, device: op.device }, (result) => {
    if (!session.isOpen) return;
    switch (result.type) {
      case "accepted": {
        const { user } = result.identity;
        if (!users.add(user.id, session)) {
          return session.close(closeCodes.tooManyConnections, "This user has too many connections");
        }
        session.identity = result.identity;
        session.device = op.device;
        session.send({ type: "authenticated", id: op.id, user, ...expiryOf(result) });
        session.watchdog?.expiresIn(result.expiresInMs);
        for (const own of result.channels ?? []) subscribeOwn(desk, { session, own }, () => {});
        admitted();
        return answered();
      }
      case "refused":
        return session.close(closeCodes.badCredentials, "The credentials were refused");
      default:
        result satisfies Failed;
        // Not the client's fault: a code that lets it try again.
        return session.close(internalError, "The server cannot check credentials now");
    }
  });
}

/** The same user with newer credentials: they count for all that is asked from now on, and for what is subscribed already. */
export function refresh(desk: Desk, request: Case<RefreshOp>): void {
  const { admitted, answered, identity, op, session } = request;
  const { connection, device } = session;
  const refuse = (reason: string): void =>
    session.strike(op.id, { code: "FORBIDDEN", message: `Cannot refresh: ${reason}` });
  desk.outbox.ask("authenticate", { connection, token: op.token, device }, (result) => {
    // It may have expired while the new ones were looked at: a session that is closed says nothing more.
    admitted();
    answered();
    switch (result.type) {
      case "accepted":
        if (result.identity.user.id !== identity.user.id) {
          return refuse(`the credentials are not those of "${identity.user.id}"`);
        }
        session.identity = result.identity;
        session.watchdog?.expiresIn(result.expiresInMs);
        session.send({ type: "refreshed", id: op.id, ...expiryOf(result) });
        return reauthorize(desk, session, () => {});
      case "refused":
        return refuse("the credentials were refused");
      default:
        return session.refuse(op.id, (result satisfies Failed).error);
    }
  });
}

function expiryOf({ expiresInMs }: { readonly expiresInMs?: number }): { readonly expiresInMs?: number } {
  return expiresInMs === undefined ? {} : { expiresInMs: Math.floor(expiresInMs) };
}
