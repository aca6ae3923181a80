import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { connect } from "switchboard/client";
import type { ChatGateway } from "switchboard/chat";
import { App } from "./app.tsx";
import { ChatApp } from "./chat-app.ts";
import { browserStorage } from "./key-value-storage.ts";
import type { Profile } from "./profile.ts";

function connectAs({ name, device }: Profile): ReturnType<typeof connect<ChatGateway>> {
  const url = new URL("/ws", location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  url.hash = "";
  return connect<ChatGateway>(url, { token: JSON.stringify({ name }), device });
}

const app = new ChatApp(browserStorage(), connectAs);
showTheme();
app.settings.subscribe(showTheme);

/** The system's scheme counts where the page has no word on it. */
function showTheme(): void {
  const { theme } = app.settings.get();
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}

const root = document.querySelector("#root");
if (root === null) throw new Error("Cannot start the chat: the page has no #root");
createRoot(root).render(
  <StrictMode>
    <App app={app} />
  </StrictMode>,
);
