import { keymap, placeholder } from "@codemirror/view";
import { basicSetup, EditorView } from "codemirror";
import { type ClientState, connect } from "switchboard/client";
import { yCollab, yUndoManagerKeymap } from "y-codemirror.next";
import { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";
import type { EditorGateway } from "./channels.ts";
import { type Saving, shareCursors, shareDocument } from "./shared-document.ts";

const find = <Kind extends Element>(selector: string): Kind => document.querySelector(selector) as Kind;
const name = find<HTMLInputElement>("#name");
const status = find<HTMLOutputElement>("output");

const text = new Y.Doc();
const awareness = new Awareness(text);
const client = connect<EditorGateway>("/ws", { token: () => name.value || "Guest" });
const room = client.doc({ name: location.hash.slice(1) || "notes" });
let line: ClientState = "connecting";
let saving: Saving = { state: "saved" };

name.value = localStorage.getItem("name") ?? "";
name.addEventListener("input", introduce);
introduce();
awareness.on("change", showPeople);
showPeople();

client.onState(({ state }) => {
  line = state;
  showStatus();
});
addEventListener("hashchange", () => location.reload());
addEventListener("beforeunload", (event) => {
  if (saving.state !== "saved") event.preventDefault(); // what was not sent would be gone
});

new EditorView({
  parent: find("main"),
  extensions: [
    keymap.of(yUndoManagerKeymap), // undoes what was written here, not what the others wrote
    basicSetup,
    placeholder("Write here: whoever is at the same address sees it at once"),
    EditorView.lineWrapping,
    EditorView.contentAttributes.of({ "aria-label": "Document" }),
    yCollab(text.getText("text"), awareness),
  ],
}).focus();

shareCursors(room, awareness);
shareDocument({ room, document: text }, (now) => {
  saving = now;
  showStatus();
}).catch(({ message }: Error) => {
  saving = { state: "failed", reason: message };
  showStatus();
});

/** Tells the others who this cursor is. */
function introduce(): void {
  localStorage.setItem("name", name.value);
  const hue = awareness.clientID % 360;
  const [color, colorLight] = [`oklch(48% 0.14 ${hue})`, `oklch(60% 0.14 ${hue} / 30%)`]; // as dark in every hue
  awareness.setLocalStateField("user", { name: name.value || "Guest", color, colorLight });
}

function showPeople(): void {
  const people = [...awareness.getStates().values()].map(({ user }) => {
    const item = document.createElement("li");
    item.textContent = user.name;
    item.style.setProperty("--color", user.color);
    return item;
  });
  find("ul").replaceChildren(...people);
}

function showStatus(): void {
  const isOffline = line === "waiting" || line === "closed";
  const words = {
    saved: isOffline ? "Offline" : line === "open" ? "Saved" : "Connecting…",
    saving: isOffline ? "Offline: your changes wait here" : "Saving…",
    failed: saving.state === "failed" ? `Not saved: ${saving.reason}` : "",
  };
  status.value = words[saving.state];
  document.body.dataset["state"] = saving.state;
}
