/** A chat of two panes in React's strict mode, with what a test looks at as text and attributes. */
import { createElement as h, type ReactElement, StrictMode, useLayoutEffect, useRef, useState } from "react";
import { createRoot } from "react-dom/client";
import { connect, type HasChannels } from "../../../src/client/index.ts";
import {
  SwitchboardProvider,
  useConnectionState,
  useLatest,
  useLatestValues,
  useMessages,
  usePresence,
  useRoom,
  useRoomStatus,
  useTyping,
} from "../../../src/react/index.ts";
import type { ChannelDefinition, EventDefinition } from "../../../src/wire/index.ts";

interface Chat extends HasChannels {
  readonly channels: {
    readonly chat: ChannelDefinition<
      "chat/:room",
      {
        readonly message: EventDefinition<"event", string>;
        readonly note: EventDefinition<"event", string>;
        readonly typing: EventDefinition<"ephemeral", Record<string, never>>;
        readonly price: EventDefinition<"latest", { readonly symbol: string; readonly cents: number }>;
      }
    >;
  };
}

declare module "../../../src/react/index.ts" {
  interface Register {
    gateway: Chat;
  }
}

/** How often something was another object than in the render before, that should have been the same. */
function useChanges(...values: readonly unknown[]): number {
  const last = useRef(values);
  const changeCount = useRef(0);
  if (values.some((value, index) => value !== last.current[index])) changeCount.current += 1;
  last.current = values;
  return changeCount.current;
}

function Pane({ name, room: roomName }: { readonly name: string; readonly room: string }): ReactElement {
  const room = useRoom("chat", { room: roomName });
  const { messages, outgoing, hasOlder, hasNewer, loadOlder, showNewest, send } = useMessages(room.message, {
    recent: 3,
    maxCount: 120,
  });
  const { people, count } = usePresence(room);
  const { users, press } = useTyping(room.typing, { endedBy: room.message });
  const { status, error } = useRoomStatus(room);
  const [text, setText] = useState("");
  const changeCount = useChanges(send, press, loadOlder, showNewest, room, room.message);
  return h(
    "section",
    { "aria-label": name, "data-status": status, "data-error": error?.code, "data-changes": changeCount },
    h("ol", null, ...messages.map(({ id, data, isMine }) => h("li", { key: id, "data-mine": isMine }, data))),
    h(
      "ul",
      null,
      ...outgoing.map(({ id, data, state, retry, discard }) =>
        h(
          "li",
          { key: id, "data-state": state },
          data,
          h("button", { onClick: retry }, "retry"),
          h("button", { onClick: discard }, "discard"),
        ),
      ),
    ),
    h("p", { className: "typing" }, users.map((user) => user.id.slice(0, 4)).join(", ")),
    h("p", { className: "people" }, `${people.length} of ${count}`),
    h("button", { onClick: loadOlder, disabled: !hasOlder }, "older"),
    h("button", { onClick: showNewest, disabled: !hasNewer }, "newest"),
    h("input", {
      value: text,
      onChange: (event: { readonly target: { readonly value: string } }) => {
        setText(event.target.value);
        press();
      },
    }),
    h(
      "button",
      {
        onClick: () => {
          void send(text);
          setText("");
        },
      },
      "send",
    ),
  );
}

/** One row of a ticker, and how often it was rendered by now. */
function Price({ room: roomName, symbol }: { readonly room: string; readonly symbol: string }): ReactElement {
  const room = useRoom("chat", { room: roomName });
  const value = useLatest(room.price, symbol);
  const renderCount = useRef(0);
  useLayoutEffect(() => void (renderCount.current += 1));
  return h("output", { "aria-label": symbol, "data-renders": renderCount.current }, value?.data.cents);
}

function Prices({ room: roomName }: { readonly room: string }): ReactElement {
  const room = useRoom("chat", { room: roomName });
  const values = useLatestValues(room.price);
  return h("output", { "aria-label": "all" }, [...values].map(([key, { data }]) => `${key} ${data.cents}`).join(", "));
}

/** Uses nothing of its room. */
function Silent(): ReactElement {
  useRoom("chat", { room: "3" });
  return h("i");
}

function Page(): ReactElement {
  const { state } = useConnectionState();
  const [panes, setPanes] = useState<readonly string[]>(["left", "right"]);
  const [room, setRoom] = useState("1");
  const torn = useRef(0);
  useLayoutEffect(() => {
    const [left, right] = [...document.querySelectorAll("ol")].map((list) => list.textContent);
    if (panes.length === 2 && left !== right) torn.current += 1;
  });
  return h(
    "div",
    { "data-state": state, "data-torn": torn.current },
    h("button", { onClick: () => setPanes(panes.slice(1)) }, "close a pane"),
    h("button", { onClick: () => setRoom("2") }, "room 2"),
    room === "2" && h(Silent),
    panes.length > 0 && h(Prices, { room }),
    ...(panes.length > 0 ? ["A", "B"] : []).map((symbol) => h(Price, { key: symbol, room, symbol })),
    ...panes.map((name) => h(Pane, { key: name, name, room })),
  );
}

const root = createRoot(document.querySelector("main") ?? document.body);
const page = h(Page);
root.render(h(StrictMode, null, h(SwitchboardProvider, { client: () => connect("/ws"), children: page })));
addEventListener("unmount", () => root.unmount());
