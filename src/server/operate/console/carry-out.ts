import { closeCodes } from "../../../wire/index.ts";
import type { Operated } from "../operated.ts";
import type { Action } from "./messages.ts";

/** Who has it done, for the log. */
export interface Operator {
  readonly remoteAddress: string | undefined;
  /** Which key, not the key. */
  readonly key: string;
}

const reasons = {
  back: "An operator asks this connection to come back",
  away: "An operator ended this connection",
} as const;

/** Has an action done, and written down. @returns what came of it, in words. @throws {Error} in words if it cannot be done. */
export async function carryOut(operated: Operated, action: Action, operator: Operator): Promise<string> {
  const { control, log, shell } = operated;
  switch (action.type) {
    case "disconnect": {
      const socket = shell.sockets.get(action.connection);
      if (socket === undefined) throw new Error(`Cannot disconnect connection ${action.connection}: it is gone`);
      const userId = shell.core.sessionFacts(socket.id)?.user?.id;
      log.warn({ ...operator, ...action, userId }, "An operator disconnected a connection");
      socket.close(...endOf(action.comesBack));
      return `Connection ${action.connection} was disconnected`;
    }
    case "disconnectUser": {
      const { userId } = action;
      const [code, reason] = endOf(action.comesBack);
      const connectionCount = await control.command({ type: "disconnect", userId, code, reason });
      log.warn({ ...operator, ...action, connectionCount }, "An operator disconnected a user");
      return `${userId} was disconnected: ${countOf(connectionCount, "connection")} at this node`;
    }
    case "drain":
      log.warn({ ...operator, ...action }, "An operator drains this node");
      operated.drain(action.overMs);
      return "The node takes no more connections and lets those it has go";
    case "reopen":
      log.warn({ ...operator, ...action }, "An operator opens this node again");
      operated.reopen();
      return "The node takes connections again";
    default:
      return action satisfies never;
  }
}

/** The client goes by the code: RFC 6455 §7.4.1, "1001 indicates that an endpoint is "going away"", it comes back by itself. */
function endOf(comesBack: boolean): readonly [code: number, reason: string] {
  return comesBack ? [closeCodes.goingAway, reasons.back] : [closeCodes.disconnected, reasons.away];
}

function countOf(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}
