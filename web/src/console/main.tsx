import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ConsolePage } from "./console-page.tsx";
import { ConsoleSession } from "./console-session.ts";

const root = document.querySelector("#root");
if (root === null) throw new Error("Cannot start the console: the page has no #root");
const url = new URL("/console/line", location.href);
url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
const session = new ConsoleSession({ url: url.href, storage: sessionStorage, WebSocket });
const key = /^#key=([\x21-\x7e]+)$/.exec(location.hash)?.[1];
// The key is not left where somebody reads over a shoulder, or copies the address.
if (key !== undefined) history.replaceState(null, "", location.pathname);
session.start(key);
createRoot(root).render(
  <StrictMode>
    <ConsolePage session={session} />
  </StrictMode>,
);
