import { useEffect } from "react";
import { alertFor } from "./alerts.ts";
import type { ChatApp } from "./chat-app.ts";
import type { ChatSession, Heard } from "./chat-session.ts";
import { plainText } from "./markup.ts";
import { splitName } from "./room-name.ts";
import { playSound } from "./sound.ts";
import { nameOf } from "./typing.ts";
import { goToRoom } from "./use-browser.ts";

interface AlertOptions {
  readonly app: ChatApp;
  readonly session: ChatSession;
  /** The full name of the room that is shown. */
  readonly current: string;
}

/** Sounds and notifications, as far as the person has asked for them. */
export function useAlerts({ app, session, current }: AlertOptions): void {
  useEffect(
    () =>
      session.onHeard((heard) => {
        const { sound, isNotified } = alertFor({
          settings: app.settings.get(),
          isVisible: document.visibilityState === "visible" && document.hasFocus(),
          isCurrent: heard.room.name === current,
          callsMe: heard.message.callsMe,
        });
        if (sound !== undefined) playSound(sound);
        if (isNotified) notify(heard);
      }),
    [app, session, current],
  );
}

const maxNotifiedCount = 200;

function notify({ room, message }: Heard): void {
  if (!("Notification" in globalThis) || Notification.permission !== "granted") return;
  const title = `${nameOf(message.user)} in #${splitName(room.name).room}`;
  const body = plainText(message.text, message.mentions).slice(0, maxNotifiedCount);
  const notification = new Notification(title, { body, tag: room.name, icon: "/favicon.svg" });
  notification.addEventListener("click", () => {
    focus();
    goToRoom(room.name);
    notification.close();
  });
}
