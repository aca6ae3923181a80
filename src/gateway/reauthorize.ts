import type { WireError } from "../wire/index.ts";
import type { Channel } from "./channel.ts";
import { authorize, type Desk } from "./desk.ts";
import type { Session } from "./session.ts";

/** RFC 6455 §7.4.1: "the server … encountered an unexpected condition that prevented it from fulfilling the request". */
export const internalError = 1011;

/**
 * Asks of every channel that a connection has whether its user still may. What it may not is ended and told; the rest goes on and does
 * not notice. Whoever cannot be asked about is closed: only a clear yes counts, and a client that comes back is asked about again.
 *
 * @param then - hears, once all is settled, whether the connection lost anything.
 */
export function reauthorize(desk: Desk, session: Session, then: (hasLost: boolean) => void): void {
  const { identity } = session;
  const all = session.channels.entries();
  let openCount = all.length;
  let hasLost = false;
  if (identity === undefined || openCount === 0) return then(false);
  for (const [name, channel] of all) {
    authorize(desk, { route: channel.route, identity, action: "subscribe" }, (denied) => {
      // Newer credentials are asked about by themselves; a channel that was left and joined again has been.
      const isCurrent = session.identity === identity && session.channels.get(name) === channel;
      if (denied !== undefined && session.isOpen && isCurrent) {
        hasLost = true;
        withdraw(session, channel, denied);
      }
      openCount -= 1;
      if (openCount === 0) then(hasLost);
    });
  }
}

function withdraw(session: Session, channel: Channel, denied: WireError): void {
  if (denied.code === "INTERNAL") return session.close(internalError, "The server cannot check rights now");
  expel(session, channel, denied);
}

/** Ends a subscription that its client did not end: it is told why, nothing of the channel follows, and its device has left. */
export function expel(session: Session, channel: Channel, error: WireError): void {
  const { name } = channel.route;
  session.channels.delete(name);
  channel.unsubscribe(session.connection, true);
  session.send({ type: "unsubscribed", channel: name, error });
}
