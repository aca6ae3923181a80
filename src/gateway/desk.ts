/** What the request handlers share: they are functions of the desk, the session and the request. */
import type { WireError } from "../wire/index.ts";
import type { ChannelTable } from "./channel-table.ts";
import type { Directory, Route } from "./directory.ts";
import type { AuthorizeQuestion, Failed, Identity } from "./effects.ts";
import type { GatewayLimits } from "./limits.ts";
import type { Outbox } from "./outbox.ts";
import type { Session } from "./session.ts";

export interface Desk {
  readonly outbox: Outbox;
  readonly directory: Directory;
  readonly channels: ChannelTable;
  readonly limits: GatewayLimits;
}

/** A request in work. */
export interface Case<Op> {
  readonly session: Session;
  readonly identity: Identity;
  readonly op: Op;
  /** The next request of the session may start: this one can not be overtaken any more. */
  readonly admitted: () => void;
  /** The request has its answer, or needs none. */
  readonly answered: () => void;
}

/** Asks whether the user may; `then` gets the error if not. Whatever is not a clear yes is a no. */
export function authorize(
  { outbox }: Desk,
  {
    action,
    event,
    identity,
    method,
    route,
  }: {
    readonly route: Route;
    readonly identity: Identity;
    readonly action: AuthorizeQuestion["action"];
    readonly event?: string;
    readonly method?: string;
  },
  then: (error: WireError | undefined) => void,
): void {
  const { definition, name, params } = route;
  const question: AuthorizeQuestion = { user: identity.user, definition, params, action };
  const subject = event === undefined ? (method === undefined ? {} : { method }) : { event };
  outbox.ask("authorize", { ...question, ...subject }, (result) => {
    switch (result.type) {
      case "allowed":
        return then(undefined);
      case "denied":
        return then({
          code: "FORBIDDEN",
          message: `Cannot ${describe(action, event ?? method)} "${name}": this user may not`,
        });
      default:
        return then((result satisfies Failed).error);
    }
  });
}

function describe(action: AuthorizeQuestion["action"], subject: string | undefined): string {
  if (subject === undefined) return `${action} to`;
  return `${action} "${subject}" ${action === "call" ? "of" : "to"}`;
}
