import { describe } from "./describe.ts";

/** Names of channels, and the patterns that declare families of them: `"chat/:room"` declares `"chat/42"`. */

/** The name of one channel: 1-128 of A-Z a-z 0-9 _ : . / - (one byte each). Only `parseChannelName` makes one. */
export type ChannelName = string & { readonly __brand: "ChannelName" };

/** The parameters of a name, by the names its pattern gives them. */
export type ChannelParams = Readonly<Record<string, string>>;

/** For messages to people. */
export const channelNameRule = "1-128 of A-Z a-z 0-9 _ : . / -";

const channelName = /^[A-Za-z0-9:_./-]{1,128}$/;
const paramValue = /^[A-Za-z0-9:_.-]{1,128}$/;
const paramSegment = /^:[A-Za-z_][A-Za-z0-9_]*$/;
const literalSegment = /^[A-Za-z0-9_.-][A-Za-z0-9:_.-]*$/;

/** The text as a channel's name, or nothing if it has a character or a length that is not allowed. */
export function parseChannelName(text: string): ChannelName | undefined {
  // The only cast to the brand: the pattern above has just shown it to be one.
  return channelName.test(text) ? (text as ChannelName) : undefined;
}

/** What is wrong with a pattern, as a sentence for its author; nothing if it is fine. */
export function findPatternFault(pattern: string): string | undefined {
  const cannot = `Cannot use pattern ${describe(pattern)}:`;
  if (pattern.length > 128) return `${cannot} it is longer than 128`;
  const segments = pattern.split("/");
  const bad = segments.find((segment) => !paramSegment.test(segment) && !literalSegment.test(segment));
  if (bad !== undefined) return `${cannot} ${describe(bad)} is neither a name nor a :parameter`;
  const params = segments.filter(isParam);
  const twice = params.find((param, index) => params.indexOf(param) !== index);
  return twice === undefined ? undefined : `${cannot} it has ${twice} twice`;
}

/** The parameters of `name` if `pattern` declares it. A parameter is one whole segment: never empty, never with a slash. */
export function matchPattern(pattern: string, name: ChannelName): ChannelParams | undefined {
  const values = name.split("/");
  const segments = pattern.split("/");
  if (segments.length !== values.length) return undefined;
  const params: [string, string][] = [];
  for (const [index, segment] of segments.entries()) {
    const value = String(values[index]);
    if (isParam(segment) && value !== "") params.push([segment.slice(1), value]);
    else if (segment !== value) return undefined;
  }
  return Object.fromEntries(params);
}

/** A channel's name, or why there is none. */
export type BuiltChannelName =
  | { readonly type: "name"; readonly name: ChannelName }
  | { readonly type: "refused"; readonly reason: string };

/** The name that `pattern` and exactly its parameters give. */
export function buildChannelName(pattern: string, params: ChannelParams): BuiltChannelName {
  const segments = pattern.split("/");
  const unknown = Object.keys(params).find((name) => !segments.includes(`:${name}`));
  if (unknown !== undefined) return refuse(pattern, `it has no parameter ${describe(unknown)}`);
  for (const [index, segment] of segments.entries()) {
    if (!isParam(segment)) continue;
    const name = segment.slice(1);
    const value: unknown = params[name];
    if (typeof value !== "string" || !paramValue.test(value)) {
      return refuse(pattern, `${name} must be 1-128 of A-Z a-z 0-9 _ : . -, got ${describe(value)}`);
    }
    segments[index] = value;
  }
  const name = parseChannelName(segments.join("/"));
  return name === undefined ? refuse(pattern, "it would be longer than 128") : { type: "name", name };
}

function refuse(pattern: string, reason: string): BuiltChannelName {
  return { type: "refused", reason: `Cannot name a channel of ${describe(pattern)}: ${reason}` };
}

function isParam(segment: string): boolean {
  return segment.startsWith(":");
}
