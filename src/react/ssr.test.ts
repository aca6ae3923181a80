import { createElement as h, type ReactElement } from "react";
import { renderToString } from "react-dom/server";
import { afterEach, expect, test, vi } from "vitest";
import { type Chat, FakeSocket, start } from "../../test/client-world.ts";
import {
  SwitchboardProvider,
  useClient,
  useConnectionState,
  useMessages,
  usePresence,
  useRoom,
  useRoomStatus,
  useTyping,
} from "./index.ts";

afterEach(() => {
  FakeSocket.all = [];
});

function Everything(): ReactElement {
  const room = useRoom<"chat", Chat>("chat", { room: "1" });
  const { messages, outgoing, hasOlder, hasNewer, isLoading, gaps } = useMessages(room.message);
  const { people, members, count } = usePresence(room);
  const { users } = useTyping(room.typing, { endedBy: room.message });
  const seen = {
    client: useClient()?.state,
    connection: useConnectionState(),
    status: useRoomStatus(room),
    room: [room.name, room.status, room.presence.count, room.price.values.size],
    messages: { messages, outgoing, hasOlder, hasNewer, isLoading, gaps },
    presence: { people, members, count },
    users,
  };
  return h("pre", null, JSON.stringify(seen));
}

const nothing = {
  connection: { state: "connecting" },
  status: { status: "joining" },
  room: [null, "joining", 0, 0],
  messages: { messages: [], outgoing: [], hasOlder: false, hasNewer: false, isLoading: false, gaps: [] },
  presence: { people: [], members: [], count: 0 },
  users: [],
};

function seenIn(html: string): unknown {
  return JSON.parse(html.replaceAll(/<\/?pre>/gu, "").replaceAll("&quot;", '"'));
}

test("[RE8] a server renders nobody and nothing, and does not connect", () => {
  const connect = vi.fn<() => never>();
  const html = renderToString(h(SwitchboardProvider, { client: connect, children: h(Everything) }));
  expect(seenIn(html)).toEqual(nothing);
  expect(connect).not.toHaveBeenCalled();
});

test("[RE8] even with a client that is open it renders that, and opens no room", () => {
  const { client, socket } = start();
  socket.open();
  const html = renderToString(h(SwitchboardProvider, { client, children: h(Everything) }));
  expect(seenIn(html)).toEqual({ client: "open", ...nothing });
  expect(socket.ops.map(({ type }) => type)).toEqual(["auth"]);
});

test("[RE8] without a provider it says what is missing", () => {
  expect(() => renderToString(h(Everything))).toThrow(
    "Cannot find a client: there is no <SwitchboardProvider> above this component",
  );
});
