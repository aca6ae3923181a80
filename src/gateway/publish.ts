import {
  type Durability,
  encodeEphemeral,
  encodeLatestValue,
  type EphemeralOp,
  type PublishOp,
  type WireError,
} from "../wire/index.ts";
import { type Broadcast, encodeBroadcast } from "./broadcast.ts";
import type { Channel } from "./channel.ts";
import { type Case, type Desk, authorize } from "./desk.ts";
import { findEvent, type Route } from "./directory.ts";
import type { EventSettings, Failed, Results, Tell } from "./effects.ts";

/**
 * Stores an event: authorised, validated, appended, and acknowledged once the store says that it is stable. A retry of what is stored
 * gets the answer that its first try should have got, whatever its user may do by now.
 */
export function publish(desk: Desk, request: Case<PublishOp>, durability: Durability): void {
  const { op } = request;
  const route = desk.directory.find(op.channel);
  if (route.type === "error") return refuse(request, route.error);
  const event = findEvent(route.value, op.event, ["event"]);
  if (event.type === "error") return refuse(request, event.error);
  const startedMs = desk.outbox.nowMs;
  const store = (): void =>
    admit(desk, request, route.value, ({ data }) =>
      append(desk, request, { data, durability, route: route.value, startedMs }),
    );
  if (op.retryAfterFirstMs === undefined) return store();
  const { channel, event: name, messageId, retryAfterFirstMs } = op;
  const { user } = request.identity;
  const draft = { channel, event: name, messageId, user, content: JSON.stringify(op.data), retryAfterFirstMs };
  desk.outbox.ask("recall", { draft }, (result) => {
    if (!request.session.isOpen) return;
    if (result.type === "unknown") return store();
    request.admitted();
    answer(request, durability, result);
  });
}

/** Tells an event that is not stored: to those who are subscribed now, or as the newest value of its key. Answered only when it is refused. */
export function sendEphemeral(desk: Desk, request: Case<EphemeralOp>, node: string): void {
  const { identity, op, session } = request;
  const channel = session.channels.get(op.channel);
  if (channel === undefined) {
    return refuse(request, {
      code: "NOT_SUBSCRIBED",
      message: `Cannot send "${op.event}" to "${op.channel}": subscribe to it first`,
    });
  }
  const found = findEvent(channel.route, op.event, ["ephemeral", "latest"]);
  if (found.type === "error") return refuse(request, found.error);
  const { member, user } = identity;
  admit(desk, request, channel.route, (valid) => {
    const unstored = { ...op, ...valid, user, ...(channel.route.settings.presence ? { member } : {}) };
    announce(channel, { node, connection: session.connection }, { settings: found.value, unstored });
    request.admitted();
    request.answered();
  });
}

/** Tells an event of the server's own that is not stored. A `latest` one is kept for those who come later, even if nobody is there. */
export function tell({ channels, directory }: Desk, told: Tell, node: string): void {
  const route = directory.find(told.channel);
  if (route.type === "error") return;
  const found = findEvent(route.value, told.event, ["ephemeral", "latest"]);
  if (found.type === "error") return;
  announce(channels.open(route.value), { node }, { settings: found.value, unstored: told });
}

function announce(
  channel: Channel,
  origin: Pick<Broadcast, "node" | "connection">,
  {
    settings,
    unstored,
  }: {
    readonly settings: Exclude<EventSettings, { readonly kind: "event" }>;
    readonly unstored: Tell & { readonly member?: string };
  },
): void {
  const { event, key = "" } = unstored;
  const broadcast: Broadcast =
    settings.kind === "latest"
      ? { ...origin, latest: { event, key }, text: encodeLatestValue({ ...unstored, key }) }
      : { ...origin, text: encodeEphemeral({ ...unstored, ttlMs: settings.ttlMs }) };
  channel.announce(encodeBroadcast(broadcast));
}

type Valid = Extract<Results["validate"], { readonly type: "valid" }>;

/** Authorises and validates; `then` gets the data as its schema made it, as JSON text. */
function admit(desk: Desk, request: Case<PublishOp | EphemeralOp>, route: Route, then: (valid: Valid) => void): void {
  const { identity, op } = request;
  authorize(desk, { route, identity, action: "publish", event: op.event }, (denied) => {
    if (denied !== undefined) return refuse(request, denied);
    const past = desk.quotas.refuse(route, { content: JSON.stringify(op.data), nowMs: desk.outbox.nowMs });
    if (past !== undefined) return refuse(request, past);
    const { definition, params } = route;
    const { claims = {}, member, user } = identity;
    const context = { user, member, claims, channel: op.channel, params, ...messageIdOf(op) };
    desk.outbox.ask("validate", { definition, event: op.event, data: op.data, context }, (result) => {
      if (!request.session.isOpen) return;
      switch (result.type) {
        case "valid":
          return then(result);
        case "invalid":
          return refuse(request, {
            code: "BAD_DATA",
            message: `Cannot send "${op.event}" to "${op.channel}": ${result.reason}`,
          });
        default:
          return refuse(request, (result satisfies Failed).error);
      }
    });
  });
}

function messageIdOf(op: PublishOp | EphemeralOp): { readonly messageId?: string } {
  return op.type === "publish" ? { messageId: op.messageId } : {};
}

function append(
  { outbox }: Desk,
  request: Case<PublishOp>,
  {
    data,
    durability,
    route,
    startedMs,
  }: { readonly route: Route; readonly data: string; readonly durability: Durability; readonly startedMs: number },
): void {
  const { identity, op } = request;
  const { channel, event, messageId, retryAfterFirstMs } = op;
  const content = JSON.stringify(op.data);
  const draft = {
    channel,
    event,
    messageId,
    user: identity.user,
    data,
    content,
    history: route.settings.history,
    startedMs,
  };
  const settled = (result: Results["append"]): void => answer(request, durability, result);
  outbox.ask("append", { draft: retryAfterFirstMs === undefined ? draft : { ...draft, retryAfterFirstMs } }, settled);
  // The store keeps the order of its calls, so the next request need not wait for the disk.
  request.admitted();
}

function answer(
  { answered, op, session }: Case<PublishOp>,
  durability: Durability,
  result: Results["append"] | Exclude<Results["recall"], { readonly type: "unknown" }>,
): void {
  answered();
  switch (result.type) {
    case "stored":
    case "duplicate":
      return session.send({
        type: "ack",
        id: op.id,
        ...result.position,
        durability,
        duplicate: result.type === "duplicate",
      });
    case "conflict":
      return session.refuse(op.id, {
        code: "ID_CONFLICT",
        message: `Cannot publish "${op.messageId}": this id was used before with other data`,
      });
    case "expired": {
      const message = `Cannot publish "${op.messageId}" again: its first try is so long ago that nobody knows whether it was stored`;
      return session.refuse(op.id, { code: "DEDUP_EXPIRED", message });
    }
    default:
      return session.refuse(op.id, (result satisfies Failed).error);
  }
}

function refuse({ admitted, answered, op, session }: Case<PublishOp | EphemeralOp>, error: WireError): void {
  session.refuse(op.id, error);
  admitted();
  answered();
}
