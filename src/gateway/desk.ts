/** What the request handlers share: they are functions of the desk, the session and the request. */
import type { WireError } from "../wire/index.ts";
import type { ChannelTable } from "./channel-table.ts";
import type { Directory, Route } from "./directory.ts";
import type { AuthorizeQuestion, Failed, Identity } from "./effects.ts";
import type { GatewayLimits } from "./limits.ts";
import type { Outbox } from "./outbox.ts";
import type { Quotas } from "./quotas.ts";
import type { Session } from "./session.ts";
import type { Users } from "./users.ts";

export interface Desk {
  readonly outbox: Outbox;
  readonly directory: Directory;
  readonly channels: ChannelTable;
  readonly users: Users;
  readonly limits: GatewayLimits;
  readonly quotas: Quotas;
  /** Goes up when the application says that rights have changed: an answer to an older question does not count. */
  readonly rights: { version: number };
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
  const { claims, user } = identity;
  const question: AuthorizeQuestion = {
    user,
    ...(claims === undefined ? {} : { claims }),
    definition,
    params,
    action,
    ...(event === undefined ? {} : { event }),
    ...(method === undefined ? {} : { method }),
  };
  outbox.ask("authorize", question, (result) => {
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
