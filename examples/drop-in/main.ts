import { createTRPCClient, createWSClient, wsLink } from "@trpc/client";
import { createClient } from "graphql-ws";
import { io } from "socket.io-client";
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";
import type { Router } from "./server.ts";

const find = <Kind extends Element>(selector: string): Kind => document.querySelector(selector) as Kind;
const base = location.origin.replace("http", "ws");

function tell(name: string, state: string): void {
  find<HTMLOutputElement>(`#${name} output`).value = state;
}

// Socket.IO: it begins with HTTP and goes over to a WebSocket.
const socket = io();
const said = find<HTMLOListElement>("#socket-io ol");
socket.on("connect", () => socket.io.engine.on("upgrade", ({ name }) => tell("socket-io", name)));
socket.on("disconnect", (reason) => tell("socket-io", reason));
socket.on("said", (text: string) => {
  const item = document.createElement("li");
  item.textContent = text;
  said.append(item);
  if (said.children.length > 5) said.firstElementChild?.remove();
});
find("#socket-io form").addEventListener("submit", (event) => {
  event.preventDefault();
  const input = find<HTMLInputElement>("#socket-io input");
  void socket.emitWithAck("say", input.value).then(() => (input.value = ""));
});

// graphql-ws: a subscription.
const graphql = createClient({ url: `${base}/graphql`, lazy: false });
graphql.on("connected", () => tell("graphql", "websocket"));
graphql.on("closed", () => tell("graphql", "closed"));
graphql.subscribe<{ readonly seconds: number }>(
  { query: "subscription { seconds }" },
  {
    next: ({ data }) => (find("#graphql strong").textContent = String(data?.seconds)),
    error: (error) => tell("graphql", String(error)),
    complete: () => tell("graphql", "complete"),
  },
);

// tRPC: a subscription, and a mutation on the same connection.
const trpc = createTRPCClient<Router>({
  links: [
    wsLink({
      client: createWSClient({
        url: `${base}/trpc`,
        onOpen: () => tell("trpc", "websocket"),
        onClose: () => tell("trpc", "closed"),
      }),
    }),
  ],
});
trpc.total.subscribe(undefined, { onData: (total) => (find("#trpc strong").textContent = String(total)) });
find("#trpc button").addEventListener("click", () => void trpc.add.mutate());

// y-websocket: a text that all write.
const text = new Y.Doc();
const shared = text.getText("text");
const area = find<HTMLTextAreaElement>("textarea");
const provider = new WebsocketProvider(`${base}/yjs`, "notes", text, { disableBc: true });
provider.on("status", ({ status }) => tell("yjs", status === "connected" ? "websocket" : status));
shared.observe((_event, { local }) => {
  if (!local) area.value = shared.toJSON();
});
area.addEventListener("input", () => {
  const [before, after] = [shared.toJSON(), area.value];
  let start = 0;
  while (start < after.length && before[start] === after[start]) start++;
  let end = 0;
  while (end < Math.min(before.length, after.length) - start && before.at(-1 - end) === after.at(-1 - end)) end++;
  text.transact(() => {
    shared.delete(start, before.length - start - end);
    shared.insert(start, after.slice(start, after.length - end));
  });
});
