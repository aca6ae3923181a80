import { type CallOp, encodeResult, type WireError } from "../wire/index.ts";
import { authorize, type Case, type Desk } from "./desk.ts";
import type { Failed, Results } from "./effects.ts";

/** Lets the server answer a call. Calls of one connection run side by side, so many at a time; each may take as long as its shell lets it. */
export function call(desk: Desk, request: Case<CallOp>): void {
  const { identity, op, session } = request;
  const { claims = {}, member, user } = identity;
  const { channel: name, data, method } = op;
  const channel = session.channels.get(name);
  if (channel === undefined) return refuse(request, "NOT_SUBSCRIBED", "subscribe to it first");
  const { definition, params, settings } = channel.route;
  if (settings.calls?.includes(method) !== true) return refuse(request, "UNKNOWN_CALL", "it answers no such call");
  authorize(desk, { route: channel.route, identity, action: "call", method }, (denied) => {
    if (!session.isOpen) return;
    if (denied !== undefined) return end(request, denied);
    const { maxPendingCallCount } = desk.limits;
    if (session.pendingCallCount >= maxPendingCallCount) {
      return refuse(request, "LIMIT", `${maxPendingCallCount} calls of this connection are not answered yet`);
    }
    session.pendingCallCount += 1;
    desk.outbox.ask("call", { user, member, claims, channel: name, params, definition, method, data }, (result) => {
      session.pendingCallCount -= 1;
      request.answered();
      answer(request, result);
    });
    request.admitted();
  });
}

function answer({ op, session }: Case<CallOp>, result: Results["call"]): void {
  switch (result.type) {
    case "answered":
      return session.sendText(encodeResult(op.id, result.data));
    case "invalid":
      return session.refuse(op.id, { code: "BAD_DATA", message: `${cannot(op)}: ${result.reason}` });
    default:
      return session.refuse(op.id, (result satisfies Failed).error);
  }
}

function refuse(request: Case<CallOp>, code: WireError["code"], reason: string): void {
  end(request, { code, message: `${cannot(request.op)}: ${reason}` });
}

function end({ admitted, answered, op, session }: Case<CallOp>, error: WireError): void {
  session.refuse(op.id, error);
  admitted();
  answered();
}

function cannot({ channel, method }: CallOp): string {
  return `Cannot call "${method}" of "${channel}"`;
}
