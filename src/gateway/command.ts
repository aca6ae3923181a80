/** What the server does to its users' connections by itself. */
import type { Desk } from "./desk.ts";
import type { Command, GatewayInput, OwnChannel } from "./effects.ts";
import { expel, reauthorize } from "./reauthorize.ts";
import type { Session } from "./session.ts";
import { enter, seat } from "./subscribe.ts";

/** Carries out a command at every connection that the user has here, and says at how many something came of it. */
export function command(
  { outbox, ...desk }: Desk,
  { command: wanted, request }: Extract<GatewayInput, { readonly type: "commanded" }>,
): void {
  const { userId } = wanted;
  const sessions = (userId === undefined ? desk.users.all() : desk.users.find({ userId })).filter(
    ({ isOpen }) => isOpen,
  );
  // Whoever is being asked about now is asked about again.
  if (wanted.type === "reauthorize") desk.rights.version += 1;
  let openCount = sessions.length;
  let connectionCount = 0;
  const done = (): void => outbox.push({ type: "done", request, connectionCount });
  if (openCount === 0) return done();
  for (const session of sessions) {
    carryOut({ outbox, ...desk }, session, wanted, (isDone) => {
      if (isDone) connectionCount += 1;
      openCount -= 1;
      if (openCount === 0) done();
    });
  }
}

/** Subscribes a connection to a channel without its asking for it. Who has the channel already keeps it. */
export function subscribeOwn(
  desk: Desk,
  { own, session }: { readonly session: Session; readonly own: OwnChannel },
  then: (isSubscribed: boolean) => void,
): void {
  const { channel, start } = own;
  const { identity } = session;
  const found = desk.directory.find(channel);
  if (identity === undefined || found.type === "error") return then(false);
  if (session.channels.has(channel)) return then(true);
  const route = found.value;
  seat(desk, { session, route, start }, (placed) => {
    if (placed.type === "failed") return then(false);
    const { definition, params } = route;
    session.send({ type: "subscribed", ...enter(identity, channel, placed), definition, params });
    placed.follow();
    then(true);
  });
}

function carryOut(desk: Desk, session: Session, wanted: Command, then: (isDone: boolean) => void): void {
  switch (wanted.type) {
    case "subscribe":
      return subscribeOwn(desk, { session, own: wanted }, then);
    case "unsubscribe":
      return then(unsubscribe(session, wanted));
    case "reauthorize":
      return reauthorize(desk, session, then);
    default:
      wanted.type satisfies "disconnect";
      session.close(wanted.code, wanted.reason);
      return then(true);
  }
}

function unsubscribe(
  session: Session,
  { channel: name, reason: message }: Extract<Command, { readonly type: "unsubscribe" }>,
): boolean {
  const channel = session.channels.get(name);
  if (channel === undefined) return false;
  expel(session, channel, { code: "FORBIDDEN", message });
  return true;
}
