import type { ServerSocket } from "../../../engine/index.ts";
import { codecOf } from "../../forms.ts";
import type { Shell } from "../../shell.ts";
import type { Visitor } from "../../visitor.ts";
import type { ConnectionRow, TableQuery } from "./messages.ts";
import type { TableView } from "./table.ts";

type Socket = ServerSocket<Visitor>;

/** The connections of a gateway, as a table. */
export function connectionView({ core, sockets }: Shell): TableView<"connections", Socket> {
  const userOf = ({ id }: Socket): { readonly id: string; readonly name?: string } | undefined =>
    core.sessionFacts(id)?.user;
  const rowOf = (socket: Socket): ConnectionRow => {
    const { bufferedBytes, counters, data, id, roundTripMs } = socket;
    const { bytesIn, bytesOut, messagesIn, messagesOut } = counters;
    const facts = core.sessionFacts(id);
    const user = facts?.user;
    return {
      id,
      ...(user !== undefined && { userId: user.id, ...(user.name !== undefined && { userName: user.name }) }),
      address: data.remoteAddress ?? "",
      protocol: protocolOf(socket),
      openedAtMs: data.openedAtMs,
      messagesIn,
      messagesOut,
      bytesIn,
      bytesOut,
      queuedBytes: bufferedBytes,
      ...(roundTripMs !== undefined && { rttMs: Math.round(roundTripMs * 10) / 10 }),
      isSlow: facts?.isFlowing === false,
      channelCount: facts?.channelCount ?? 0,
    };
  };
  return {
    name: "connections",
    // A Map keeps the order in which they were opened, which is that of their ids.
    items: [...sockets.values()],
    natural: "id",
    row: rowOf,
    key(socket, column) {
      if (column !== "user") return keyOf(socket, column, core);
      const user = userOf(socket);
      return user?.name ?? user?.id ?? "";
    },
    isBusy: ({ id }) => core.sessionFacts(id)?.isFlowing === false,
    text(socket) {
      const user = userOf(socket);
      return `${socket.id} ${user?.id ?? ""} ${user?.name ?? ""} ${socket.data.remoteAddress ?? ""}`;
    },
  };
}

function keyOf(
  socket: Socket,
  column: Exclude<TableQuery<"connections">["sort"], "user">,
  core: Shell["core"],
): number | string {
  const { bufferedBytes, counters, data, id, roundTripMs } = socket;
  switch (column) {
    case "id":
    case "openedAtMs":
      return id;
    case "address":
      return data.remoteAddress ?? "";
    case "protocol":
      return socket.protocol;
    case "queuedBytes":
      return bufferedBytes;
    case "rttMs":
      return roundTripMs ?? -1;
    case "channelCount":
      return core.sessionFacts(id)?.channelCount ?? 0;
    default:
      return counters[column];
  }
}

function protocolOf({ extensions, protocol }: Socket): string {
  const codec = codecOf({ protocol }) ?? "";
  return extensions === "" ? codec : `${codec}, compressed`;
}
