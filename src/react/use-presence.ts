import { useMemo } from "react";
import { peopleOf, type Person, type Presence, type RoomControls } from "../client/index.ts";
import { Store, useStore } from "./store.ts";

/** Who is in a room. */
export interface PresenceView {
  /** One entry a device, who came first first. Empty where there are so many that only their number is told. */
  readonly members: Presence["members"];
  /** One entry a person. */
  readonly people: readonly Person[];
  /** How many devices there are. */
  readonly count: number;
}

const nobody: PresenceView = { members: [], people: [], count: 0 };

/** Who is in a room; nobody on a server, and in a channel without presence. */
export function usePresence({ presence }: Pick<RoomControls, "presence">): PresenceView {
  const store = useMemo(
    () =>
      new Store(nobody, (own) => {
        const look = (): void => {
          const { members, count } = presence;
          own.set(count === 0 ? nobody : { members, people: peopleOf(members), count });
        };
        const end = presence.on(look);
        look();
        return end;
      }),
    [presence],
  );
  return useStore(store);
}
