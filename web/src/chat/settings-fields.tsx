import type { ReactElement } from "react";
import type { ChatApp } from "./chat-app.ts";
import { playSound } from "./sound.ts";
import { type Theme, themes } from "./settings.ts";
import { useStore } from "../use-store.ts";

const themeWords: Readonly<Record<Theme, string>> = { system: "System", light: "Light", dark: "Dark" };

/** The look, the sounds and the notifications. Each is kept at once. */
export function SettingsFields({ app }: { readonly app: ChatApp }): ReactElement {
  const { theme, hasSound, hasNotifications } = useStore(app.settings);
  const canNotify = "Notification" in globalThis;

  async function setNotifications(isWanted: boolean): Promise<void> {
    // The browser asks here, because the person has just pressed for it, and never by itself.
    const isAllowed = isWanted && (await Notification.requestPermission()) === "granted";
    app.changeSettings({ hasNotifications: isAllowed });
  }

  return (
    <>
      <fieldset className="choice">
        <legend>Look</legend>
        <div className="segments">
          {themes.map((one) => (
            <label key={one}>
              <input
                type="radio"
                name="theme"
                value={one}
                checked={one === theme}
                onChange={() => app.changeSettings({ theme: one })}
              />
              <span>{themeWords[one]}</span>
            </label>
          ))}
        </div>
      </fieldset>
      <fieldset className="choice">
        <legend>When something is said</legend>
        <label className="check">
          <input
            type="checkbox"
            checked={hasSound}
            onChange={(event) => {
              app.changeSettings({ hasSound: event.currentTarget.checked });
              if (event.currentTarget.checked) playSound("message");
            }}
          />
          <span>Play a sound</span>
        </label>
        <label className="check">
          <input
            type="checkbox"
            checked={hasNotifications}
            disabled={!canNotify}
            onChange={(event) => void setNotifications(event.currentTarget.checked)}
          />
          <span>Notify me of calls while I look elsewhere</span>
        </label>
        {canNotify && Notification.permission === "denied" && (
          <p className="field-hint">The browser does not allow notifications of this page.</p>
        )}
      </fieldset>
    </>
  );
}
