import type { ReactElement } from "react";
import type { ChatApp } from "./chat-app.ts";
import { ChatPage } from "./chat-page.tsx";
import { useStore } from "../use-store.ts";
import { Welcome } from "./welcome.tsx";

export function App({ app }: { readonly app: ChatApp }): ReactElement {
  const presence = useStore(app.presence);
  if (presence === undefined) return <Welcome onEnter={(name) => app.enter(name)} />;
  // Another name is another session: nothing of the old one's page stays.
  return <ChatPage key={presence.profile.name} app={app} presence={presence} />;
}
