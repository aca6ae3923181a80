import { channel, ephemeral, event } from "../../src/server/index.ts";
import type { StandardSchema } from "../../src/wire/index.ts";

/** What is said: `hash` tells it from everything else, `pad` makes it long. */
export interface Said {
  readonly hash: string;
  readonly pad: string;
}

const said: StandardSchema<Said> = {
  "~standard": {
    version: 1,
    vendor: "sim",
    validate: (value) => ({ value: value as Said }),
  },
};

/** Who may not do anything at the moment, and how the application's functions behave. */
export interface HookWeather {
  readonly banned: Set<string>;
  mode: "quick" | "slow" | "hanging" | "throwing";
}

/** How many messages a `brief` channel keeps. */
export const briefCount = 12;

/** The channels of the simulation: one that keeps enough, one that forgets soon. */
export function makeChannels(decide: (user: string) => boolean | Promise<boolean>) {
  const authorize = ({ user }: { readonly user: { readonly id: string } }): boolean | Promise<boolean> =>
    decide(user.id);
  const events = { said: event(said), typing: ephemeral(said) };
  return {
    room: channel("room/:id", { events, presence: true, authorize }),
    brief: channel("brief/:id", { events, history: { maxCount: briefCount }, authorize }),
  };
}

export type SimChannels = ReturnType<typeof makeChannels>;

/** Every channel there is, as clients open it and as the log has it. */
export const places = [
  { channel: "room", id: "1" },
  { channel: "room", id: "2" },
  { channel: "brief", id: "1" },
] as const;

export type Place = (typeof places)[number];

export function nameOf({ channel: name, id }: Place): string {
  return `${name}/${id}`;
}
