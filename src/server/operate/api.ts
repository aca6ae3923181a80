import type { Route } from "../../gateway/index.ts";
import { disconnectCommand, type DisconnectRequest } from "../commands.ts";
import { GatewayError, gatewayErrorOf } from "../errors.ts";
import type { ApiScope } from "./api-keys.ts";
import { prepareTell, type Published, startPublish } from "../publish.ts";
import type { Operated } from "./operated.ts";
import type { OperationName } from "./operations.ts";
import { type HistoryQuery, readHistory } from "./read-history.ts";

/** A request whose fields fit the operation's schema. */
export interface ApiRequest {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly idempotencyKey: string | undefined;
  /** What the key is good for. */
  readonly scopes: ReadonlySet<ApiScope>;
}

/** What each operation does. Gives the answer's JSON. @throws {GatewayError} to answer with an error. */
export const handlers: Readonly<Record<OperationName, (operated: Operated, request: ApiRequest) => Promise<string>>> = {
  async publish(operated, { fields, idempotencyKey, scopes }) {
    const message = readMessage(fields);
    const { messageId = idempotencyKey } = message;
    if (idempotencyKey !== undefined && messageId !== idempotencyKey) {
      throw new GatewayError(
        "BAD_MESSAGE",
        `Cannot publish: the id is "${messageId}" in the body and "${idempotencyKey}" in Idempotency-Key`,
      );
    }
    const started = await start(operated, messageId === undefined ? message : { ...message, messageId }, scopes);
    return JSON.stringify(await started.outcome);
  },

  async batch(operated, { fields, scopes }) {
    const messages = (fields["messages"] as readonly Readonly<Record<string, unknown>>[]).map(readMessage);
    const outcomes: Promise<unknown>[] = [];
    // Each is handed to the store before the next is looked at, so that they are stored in their order; none waits for the disk of another.
    for (const message of messages) {
      const started = start(operated, message, scopes).catch((error: unknown) => ({
        outcome: Promise.reject(error as Error),
      }));
      outcomes.push((await started).outcome.catch(describeFailure));
    }
    return JSON.stringify({ results: await Promise.all(outcomes) });
  },

  async history({ shell, store }, { fields }) {
    // The schema has just shown it to be one.
    const query = fields as unknown as HistoryQuery;
    find(shell, query.channel);
    const { epoch, events, more } = await readHistory(store, query);
    // An entry's data is JSON already: it goes out as it was stored.
    const texts = events.map(({ data, event, offset, tag, messageId, user, atMs }) => {
      const head = JSON.stringify({ event, offset, tag, messageId, user, atMs });
      return `${head.slice(0, -1)},"data":${data}}`;
    });
    const page = JSON.stringify({ channel: query.channel, epoch, more });
    return `${page.slice(0, -1)},"events":[${texts.join(",")}]}`;
  },

  async presence({ shell }, { fields }) {
    const channel = String(fields["channel"]);
    find(shell, channel);
    const attendance = shell.attendanceOf(channel);
    const count = "members" in attendance ? attendance.members.length : attendance.memberCount;
    return JSON.stringify({ channel, count, ...("members" in attendance && attendance) });
  },

  async disconnect({ control, log }, { fields }) {
    // The schema has just shown it to be one.
    const request = fields as unknown as DisconnectRequest;
    const connectionCount = await control.command(disconnectCommand(request));
    log.info({ ...request, connectionCount }, "An operator disconnected a user");
    return JSON.stringify({ connectionCount });
  },

  async stats({ info, meters, shell }) {
    const { deliveredCount, replayedCount } = shell.counters;
    const { appends } = meters;
    return JSON.stringify({ ...info(), deliveredCount, replayedCount, queuedBytes: shell.queuedBytes, appends });
  },
};

interface Message {
  readonly channel: string;
  readonly event: string;
  readonly data: unknown;
  readonly user?: { readonly id: string; readonly name?: string };
  readonly messageId?: string;
  readonly retryAfterFirstMs?: number;
  readonly bypassLimits?: boolean;
}

function readMessage(fields: Readonly<Record<string, unknown>>): Message {
  // The schema has just shown it to be one.
  return fields as unknown as Message;
}

type Outcome = (Published & { readonly stored: true }) | { readonly stored: false };

/** Hands a message to the store, or tells it if it is of a kind that is not stored. Resolves when that is done; `outcome` when it is stable. */
async function start(
  operated: Operated,
  message: Message,
  scopes: ApiRequest["scopes"],
): Promise<{ readonly outcome: Promise<Outcome> }> {
  const { channels, shell } = operated;
  if (message.bypassLimits === true && !scopes.has("admin")) {
    throw new GatewayError("FORBIDDEN", "Cannot bypass limits with this key: it has not the scope admin");
  }
  const { definition, params } = find(shell, message.channel);
  const request = { ...message, channel: definition, params };
  const events = channels[definition]?.events ?? {};
  const kind = Object.hasOwn(events, message.event) ? events[message.event]?.kind : undefined;
  if (kind === "ephemeral" || kind === "latest") {
    shell.feed({ type: "told", tell: await prepareTell(operated, request) });
    return { outcome: Promise.resolve({ stored: false }) };
  }
  const { outcome } = await startPublish(operated, request);
  return { outcome: outcome.then((published) => ({ stored: true, ...published })) };
}

function find(shell: Operated["shell"], channel: string): Route {
  const found = shell.find(channel);
  if (found.type === "error") throw gatewayErrorOf(found.error);
  return found.value;
}

function describeFailure(error: unknown): { readonly error: Pick<GatewayError, "code" | "message" | "retryAfterMs"> } {
  if (!(error instanceof GatewayError)) throw error;
  const { code, message, retryAfterMs } = error;
  return { error: { code, message, retryAfterMs } };
}
