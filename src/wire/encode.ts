import type {
  CallOp,
  ClientOp,
  EphemeralMessage,
  EphemeralOp,
  HistoryMessage,
  LatestMessage,
  PublishOp,
  ServerMessage,
  WireEvent,
  WireLatest,
} from "./messages.ts";

/** A message whose data is already JSON text: it is put in as it is, never parsed or stringified again. */
export type WithDataText<Message extends { readonly data: unknown }> = Omit<Message, "data"> & {
  readonly data: string;
};

/** Any op of a client. */
export function encodeClientOp(op: ClientOp): string {
  return JSON.stringify(op);
}

/** An op whose data was made JSON when the application handed it over, so that a retry sends the same. */
export function encodeClientOpWithData(
  op: WithDataText<PublishOp> | WithDataText<EphemeralOp> | WithDataText<CallOp>,
): string {
  const { data, ...head } = op;
  return withData(head, data);
}

/** Any message of a server. Those that carry data have their own encoders below, which take it as text. */
export function encodeServerMessage(message: ServerMessage): string {
  return JSON.stringify(message);
}

/** One entry for all its subscribers: made once, whatever their number. Fields beyond those of an entry are not sent. */
export function encodeEvent(channel: string, entry: WithDataText<WireEvent>): string {
  const { event, offset, tag, messageId, user, atMs, data } = entry;
  return withData({ type: "event", channel, event, offset, tag, messageId, user, atMs }, data);
}

/** A page of entries, oldest first. */
export function encodeHistory(
  message: Omit<HistoryMessage, "type" | "events"> & { readonly events: readonly WithDataText<WireEvent>[] },
): string {
  const { id, channel, epoch, more } = message;
  const events = message.events.map(({ event, offset, tag, messageId, user, atMs, data }) =>
    withData({ event, offset, tag, messageId, user, atMs }, data),
  );
  return `${open({ type: "history", id, channel, epoch, more })},"events":[${events.join(",")}]}`;
}

/** What a call gave, as JSON text; nothing if it gave nothing. */
export function encodeResult(id: number, data: string | undefined): string {
  const head = { type: "result", id };
  return data === undefined ? JSON.stringify(head) : withData(head, data);
}

/** An ephemeral event for all who are there. */
export function encodeEphemeral(message: Omit<WithDataText<EphemeralMessage>, "type">): string {
  const { channel, event, member, user, ttlMs, data } = message;
  return withData({ type: "ephemeral", channel, event, member, user, ttlMs }, data);
}

/** One value for all messages it will be in. */
export function encodeLatestValue({ data, key, user }: WithDataText<WireLatest>): string {
  return withData({ key, user }, data);
}

/** Values that `encodeLatestValue` made, in their order. */
export function encodeLatest(head: Omit<LatestMessage, "type" | "values">, values: readonly string[]): string {
  const { channel, event, snapshot } = head;
  return `${open({ type: "latest", channel, event, snapshot })},"values":[${values.join(",")}]}`;
}

function withData(head: object, data: string): string {
  return `${open(head)},"data":${data}}`;
}

/** An object's JSON without its last brace, for more fields. The object must not be empty. */
function open(head: object): string {
  return JSON.stringify(head).slice(0, -1);
}
