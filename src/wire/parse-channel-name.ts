/** Names of channels, and the patterns that declare families of them: `"chat/:room"` declares `"chat/42"`. */

/** The name of one channel: 1-128 of A-Z a-z 0-9 _ : . / - (one byte each). Only `parseChannelName` makes one. */
export type ChannelName = string & { readonly __brand: "ChannelName" };

/** The parameters of a name, by the names its pattern gives them. */
export type ChannelParams = Readonly<Record<string, string>>;

/** For messages to people. */
export const channelNameRule = "1-128 of A-Z a-z 0-9 _ : . / -";

const channelName = /^[A-Za-z0-9:_./-]{1,128}$/;
const paramValue = /^[A-Za-z0-9:_.-]+$/;
const paramSegment = /^:[A-Za-z_][A-Za-z0-9_]*$/;
const literalSegment = /^[A-Za-z0-9_.-][A-Za-z0-9:_.-]*$/;

/** The text as a channel's name, or nothing if it has a character or a length that is not allowed. */
export function parseChannelName(text: string): ChannelName | undefined {
  // The only cast to the brand: the pattern above has just shown it to be one.
  return channelName.test(text) ? (text as ChannelName) : undefined;
}

/** What is wrong with a pattern, as a sentence for its author; nothing if it is fine. */
export function findPatternFault(pattern: string): string | undefined {
  const segments = pattern.split("/");
  const bad = segments.find((segment) => !paramSegment.test(segment) && !literalSegment.test(segment));
  if (bad !== undefined) return `Cannot use pattern ${JSON.stringify(pattern)}: ${JSON.stringify(bad)} is neither a name nor a :parameter`;
  const names = segments.filter(isParam);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) return `Cannot use pattern ${JSON.stringify(pattern)}: it has ${twice} twice`;
  return pattern.length > 128 ? `Cannot use pattern ${JSON.stringify(pattern)}: it is longer than 128` : undefined;
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

export type BuiltChannelName =
  | { readonly type: "name"; readonly name: ChannelName }
  | { readonly type: "refused"; readonly reason: string };

/** The name that `pattern` and `params` give. Parameters the pattern does not have are ignored. */
export function buildChannelName(pattern: string, params: ChannelParams): BuiltChannelName {
  const cannot = `Cannot name a channel of ${JSON.stringify(pattern)}:`;
  const segments = pattern.split("/").map((segment) => (isParam(segment) ? params[segment.slice(1)] : segment));
  const badIndex = segments.findIndex((segment) => typeof segment !== "string" || !paramValue.test(segment));
  if (badIndex !== -1) {
    const value = JSON.stringify(segments[badIndex]) ?? "nothing";
    const param = String(pattern.split("/")[badIndex]).slice(1);
    return { type: "refused", reason: `${cannot} ${param} must be of A-Z a-z 0-9 _ : . -, got ${value.slice(0, 60)}` };
  }
  const name = parseChannelName(segments.join("/"));
  return name === undefined ? { type: "refused", reason: `${cannot} it would be longer than 128` } : { type: "name", name };
}

function isParam(segment: string): boolean {
  return segment.startsWith(":");
}
