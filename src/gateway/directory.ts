import { type ChannelInfo, type EventKind, matchPattern, parseChannelName, type WireError } from "../wire/index.ts";
import type { ChannelSettings, EventSettings } from "./effects.ts";

/** What a channel's name leads to. */
export interface Route {
  readonly name: string;
  /** The name of the definition in the gateway's `channels`. */
  readonly definition: string;
  readonly settings: ChannelSettings;
  readonly params: Readonly<Record<string, string>>;
}

export type Found<Value> =
  | { readonly type: "found"; readonly value: Value }
  | { readonly type: "error"; readonly error: WireError };

/** All channels a gateway has, by pattern. Patterns without parameters win, then those declared first. */
export class Directory {
  readonly #definitions: readonly (readonly [string, ChannelSettings])[];

  constructor(channels: Readonly<Record<string, ChannelSettings>>) {
    const all = Object.entries(channels);
    this.#definitions = [
      ...all.filter(([, { pattern }]) => !pattern.includes(":")),
      ...all.filter(([, { pattern }]) => pattern.includes(":")),
    ];
  }

  find(name: string): Found<Route> {
    const parsed = parseChannelName(name);
    if (parsed === undefined) return badName(name);
    for (const [definition, settings] of this.#definitions) {
      const params = matchPattern(settings.pattern, parsed);
      if (params !== undefined) return { type: "found", value: { name, definition, settings, params } };
    }
    return error("UNKNOWN_CHANNEL", `Cannot find channel "${name}": no pattern of this gateway matches it`);
  }

  /** What `hello` tells of them. */
  describe(): Readonly<Record<string, ChannelInfo>> {
    return Object.fromEntries(this.#definitions.map(([name, settings]) => [name, describeChannel(settings)]));
  }
}

/** The event of that name, if it is of a kind that is asked for. */
export function findEvent<Kind extends EventKind>(
  route: Route,
  event: string,
  kinds: readonly [Kind, ...Kind[]],
): Found<Extract<EventSettings, { readonly kind: Kind }>> {
  const { events } = route.settings;
  // Own properties only: a client may well ask for the event "constructor".
  const settings = Object.hasOwn(events, event) ? events[event] : undefined;
  if (isOfKind(settings, kinds)) return { type: "found", value: settings };
  const reason = settings === undefined ? "it has none of that name" : `its kind is ${settings.kind}`;
  return error("UNKNOWN_EVENT", `Cannot send ${kinds[0]} "${event}" to channel "${route.name}": ${reason}`);
}

function isOfKind<Kind extends EventKind>(
  settings: EventSettings | undefined,
  kinds: readonly Kind[],
): settings is Extract<EventSettings, { readonly kind: Kind }> {
  return kinds.some((kind) => kind === settings?.kind);
}

function describeChannel({ binary, events, pattern, presence }: ChannelSettings): ChannelInfo {
  const kinds = Object.fromEntries(Object.entries(events).map(([name, { kind }]) => [name, kind]));
  const info = { pattern, presence, events: kinds };
  return binary === undefined ? info : { ...info, binary };
}

function badName(name: string): ReturnType<typeof error> {
  return error("BAD_CHANNEL", `Cannot use channel name "${name}": it has a character or a length that is not allowed`);
}

function error(code: WireError["code"], message: string): { readonly type: "error"; readonly error: WireError } {
  return { type: "error", error: { code, message } };
}
