/** Whether something that was said makes a sound, or a notification of the system's. */
import type { Settings } from "./settings.ts";

export interface AlertQuestion {
  readonly settings: Settings;
  /** Whether the person looks at the page. */
  readonly isVisible: boolean;
  /** Whether it was said in the room that is shown. */
  readonly isCurrent: boolean;
  /** Whether the message calls this person. */
  readonly callsMe: boolean;
}

export interface Alert {
  readonly sound: "call" | "message" | undefined;
  readonly isNotified: boolean;
}

/** Who looks at the room needs neither. A sound tells of everything else; a notification of calls, and of the room that was left open. */
export function alertFor({ settings, isVisible, isCurrent, callsMe }: AlertQuestion): Alert {
  if (isVisible && isCurrent) return { sound: undefined, isNotified: false };
  const sound = callsMe ? "call" : "message";
  const isNotified = settings.hasNotifications && !isVisible && (callsMe || isCurrent);
  return { sound: settings.hasSound ? sound : undefined, isNotified };
}
