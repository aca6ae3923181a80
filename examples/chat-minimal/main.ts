import { connect } from "switchboard/client";
import type { ChatGateway } from "./server.ts";

const find = <Name extends keyof HTMLElementTagNameMap>(name: Name): HTMLElementTagNameMap[Name] =>
  document.querySelector(name) as HTMLElementTagNameMap[Name];
const [form, list, status, input] = [find("form"), find("ol"), find("output"), find("input")];

const name = localStorage.getItem("name") ?? prompt("What is your name?") ?? "Guest";
localStorage.setItem("name", name);
const client = connect<ChatGateway>("/ws", { token: name });
const room = client.chat({ room: location.hash.slice(1) || "lobby" }, { recent: 50 });

function show(text: string): void {
  const item = document.createElement("li");
  item.textContent = text;
  list.append(item);
  item.scrollIntoView();
}

room.message.on(({ user, data }) => show(`${user.name}: ${data.text}`));
room.onGap(({ from, to }) => show(`Messages ${from} to ${to} are gone: they were too old to keep.`));
room.typing.on(({ user }) => (status.value = `${user.name} is typing…`));
room.presence.on(({ members }) => (status.value = `Here: ${members.map(({ user }) => user.name).join(", ")}`));
client.onState(({ state }) => (document.body.dataset["state"] = state));

input.addEventListener("input", () => void room.typing.send({}));
form.addEventListener("submit", (event) => {
  event.preventDefault();
  room.message.send({ text: input.value }).catch((error: Error) => show(`Not sent: ${error.message}`));
  input.value = "";
});
