import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { LabPage } from "./lab-page.tsx";
import { LabPageSession } from "./lab-page-session.ts";

const root = document.querySelector("#root");
if (root === null) throw new Error("Cannot start the lab: the page has no #root");
const session = new LabPageSession();
session.start();
createRoot(root).render(
  <StrictMode>
    <LabPage session={session} />
  </StrictMode>,
);
