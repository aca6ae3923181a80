import type {
  ResumedMessage,
  ResumeOp,
  Start,
  Subscribed,
  SubscribeOp,
  UnsubscribeOp,
  WireError,
} from "../wire/index.ts";
import { type Case, type Desk, authorize } from "./desk.ts";
import type { Route } from "./directory.ts";
import type { ChannelLimits, Identity } from "./effects.ts";
import type { Placed, Placement } from "./placement.ts";
import type { Session } from "./session.ts";

type Refused = Extract<ResumedMessage["channels"][number], { readonly error: WireError }>;

interface Wish {
  readonly channel: string;
  readonly start: Start;
}

/** Subscribes to one channel. Subscribing again begins anew from the new start. */
export function subscribe(desk: Desk, request: Case<SubscribeOp>): void {
  const { admitted, answered, op, session } = request;
  enroll(desk, { request, wish: op, admitted }, (placed) => {
    answered();
    const answer = answerOf(request, op.channel, placed);
    if ("error" in answer) return session.refuse(op.id, answer.error);
    session.send({ type: "subscribed", id: op.id, ...answer });
    follow(placed);
  });
}

/** Subscribes to all channels of a client that came back, with one answer for all. Each is authorised anew. */
export function resume(desk: Desk, request: Case<ResumeOp>): void {
  const { answered, op, session } = request;
  const outcomes = new Map<string, Placed>();
  let admittedCount = 0;
  const admitted = (): void => {
    admittedCount += 1;
    if (admittedCount === op.channels.length) request.admitted();
  };
  const settled = (name: string, placed: Placed): void => {
    outcomes.set(name, placed);
    if (outcomes.size < op.channels.length) return;
    answered();
    session.send({
      type: "resumed",
      id: op.id,
      channels: Array.from(outcomes, ([channel, outcome]) => answerOf(request, channel, outcome)),
    });
    for (const outcome of outcomes.values()) follow(outcome);
  };
  for (const { channel, position } of op.channels) {
    const wish: Wish = { channel, start: { from: "position", position } };
    enroll(desk, { request, wish, admitted }, (placed) => settled(channel, placed));
  }
}

/** Ends a subscription. */
export function unsubscribe({ admitted, answered, op, session }: Case<UnsubscribeOp>): void {
  admitted();
  answered();
  const { channel: name, id } = op;
  const channel = session.channels.get(name);
  if (channel === undefined) {
    return session.refuse(id, {
      code: "NOT_SUBSCRIBED",
      message: `Cannot unsubscribe from "${name}": there is no subscription`,
    });
  }
  session.channels.delete(name);
  channel.unsubscribe(session.connection, true);
  session.send({ type: "unsubscribed", id, channel: name });
}

interface Enrolment {
  readonly request: Case<SubscribeOp | ResumeOp>;
  readonly wish: Wish;
  readonly admitted: () => void;
}

/** Authorises, then joins the channel; `then` hears where delivery starts, or why it does not. */
function enroll(desk: Desk, { admitted, request, wish }: Enrolment, then: (placed: Placed) => void): void {
  const { identity, session } = request;
  const fail = (error: WireError): void => {
    admitted();
    then({ type: "failed", error });
  };
  const route = desk.directory.find(wish.channel);
  if (route.type === "error") return fail(route.error);
  const ask = (): void => {
    const { version } = desk.rights;
    authorize(desk, { route: route.value, identity, action: "subscribe" }, (denied) => {
      if (!session.isOpen) return;
      if (denied !== undefined) return fail(denied);
      // Rights have changed since: a yes to what was asked before may be none any more.
      if (version !== desk.rights.version) return ask();
      seat(desk, { session, route: route.value, start: wish.start }, then);
      admitted();
    });
  };
  ask();
}

interface Seat {
  readonly session: Session;
  readonly route: Route;
  readonly start: Start;
}

/** Joins a channel that the session may have; `then` hears where delivery starts, or why it does not. */
export function seat(desk: Desk, { route, session, start }: Seat, then: (placed: Placed) => void): void {
  const { name } = route;
  session.channels.get(name)?.unsubscribe(session.connection, false);
  session.channels.delete(name);
  const { maxChannelsPerConnection } = desk.limits;
  if (session.channels.size >= maxChannelsPerConnection) {
    const message = `Cannot subscribe to "${name}": this connection has ${maxChannelsPerConnection} channels already`;
    return then({ type: "failed", error: { code: "LIMIT", message } });
  }
  const { maxSubscriberCount = Infinity }: Partial<ChannelLimits> = route.settings.limits ?? {};
  if ((desk.channels.find(name)?.subscriberCount ?? 0) >= maxSubscriberCount) {
    const message = `Cannot subscribe to "${name}": the channel has ${maxSubscriberCount} subscribers already`;
    return then({ type: "failed", error: { code: "LIMIT", message } });
  }
  const channel = desk.channels.open(route);
  session.channels.set(name, channel);
  channel.subscribe(session, start, (placed) => {
    if (placed.type === "failed") session.channels.delete(name);
    then(placed);
  });
}

/** The device is there from now on; what the client is told of it. */
export function enter(identity: Identity, channel: string, { enter: enterAs, position, top }: Placement): Subscribed {
  return { channel, position, top, ...enterAs(identity) };
}

function answerOf({ identity }: Case<SubscribeOp | ResumeOp>, channel: string, placed: Placed): Subscribed | Refused {
  if (placed.type === "failed") return { channel, error: placed.error };
  const error = placed.ended();
  return error === undefined ? enter(identity, channel, placed) : { channel, error };
}

function follow(placed: Placed): void {
  if (placed.type === "placed") placed.follow();
}
