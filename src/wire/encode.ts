import type { ClientOp, EphemeralMessage, EventMessage, HistoryMessage, ServerMessage, WireEvent } from "./messages.ts";

/** A message whose data is already JSON text: it is put in as it is, never parsed or stringified again. */
export type WithDataText<Message extends { readonly data: unknown }> = Omit<Message, "data"> & { readonly data: string };

export function encodeClientOp(op: ClientOp): string {
  return JSON.stringify(op);
}

/** Any message of a server. Those that carry data have their own encoders below, which take it as text. */
export function encodeServerMessage(message: ServerMessage): string {
  return JSON.stringify(message);
}

/** One entry for all its subscribers: made once, whatever their number. Fields beyond those of an entry are not sent. */
export function encodeEvent(channel: string, entry: WithDataText<WireEvent>): string {
  return `{"type":"event","channel":${JSON.stringify(channel)},${entryFields(entry)}}`;
}

export function encodeHistory(message: Omit<HistoryMessage, "type" | "events"> & { readonly events: readonly WithDataText<WireEvent>[] }): string {
  const { id, channel, epoch, more } = message;
  const events = message.events.map((entry) => `{${entryFields(entry)}}`).join(",");
  return `{"type":"history","id":${id},"channel":${JSON.stringify(channel)},"epoch":"${epoch}","more":${more},"events":[${events}]}`;
}

export function encodeEphemeral(message: Omit<WithDataText<EphemeralMessage>, "type">): string {
  const { data, channel, event, member, user, ttlMs } = message;
  const head = JSON.stringify({ type: "ephemeral", channel, event, member, user, ttlMs });
  return `${head.slice(0, -1)},"data":${data}}`;
}

function entryFields(entry: WithDataText<Omit<EventMessage, "type" | "channel">>): string {
  const { event, offset, tag, messageId, user, atMs, data } = entry;
  const head = JSON.stringify({ event, offset, tag, messageId, user, atMs });
  return `${head.slice(1, -1)},"data":${data}`;
}
