/** What a store tells a node by itself, and nobody guarantees: now and then it is lost on the way. */
import type { LineFilter } from "../cut-line.ts";
import { makeSubjectFilter } from "../nats-proxy.ts";

/** Of the Pub/Sub messages that a Redis sends, those are lost for which `drops` says so. */
export function loseRedisHints(drops: () => boolean): LineFilter {
  let rest: Buffer = Buffer.alloc(0);
  return function* take(chunk) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let end = endOfReply(rest, 0); end <= rest.length; end = endOfReply(rest, 0)) {
      const reply = rest.subarray(0, end);
      rest = rest.subarray(end);
      if (!isPubSubMessage(reply) || !drops()) yield reply;
    }
  };
}

/** Of what a NATS says on the live subjects of a stream of ours, likewise. */
export function loseNatsHints(drops: () => boolean): LineFilter {
  return makeSubjectFilter((subject) => subject.split(".")[1] === "live" && drops());
}

/** RESP3 pushes it, RESP2 sends an array. */
function isPubSubMessage(reply: Buffer): boolean {
  return /^[*>]\d+\r\n\$\d+\r\ns?message\r\n/u.test(reply.toString("latin1", 0, 40));
}

/** Where the reply that begins at `start` ends, as far as is known: `Infinity`, or more than there is, while it is not whole. See redis.io/docs/latest/develop/reference/protocol-spec. */
function endOfReply(bytes: Buffer, start: number): number {
  const lineEnd = start < bytes.length ? bytes.indexOf("\r\n", start) : -1;
  if (lineEnd === -1) return Infinity;
  const type = bytes.toString("latin1", start, start + 1);
  const count = Number(bytes.toString("latin1", start + 1, lineEnd));
  const bodyStart = lineEnd + 2;
  // A null string or array has a length of -1.
  if ("$=!".includes(type)) return count < 0 ? bodyStart : bodyStart + count + 2;
  if (!"*>~%".includes(type)) return bodyStart;
  let end = bodyStart;
  for (let left = type === "%" ? count * 2 : count; left > 0 && end <= bytes.length; left -= 1) {
    end = endOfReply(bytes, end);
  }
  return end;
}
