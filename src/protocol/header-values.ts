/** A header as name and value, as it is written. */
export type Header = readonly [name: string, value: string];

/** Header values by lower-case name, in the order they came: what was sent twice can be seen to have been sent twice. */
export type HeaderIndex = ReadonlyMap<string, readonly string[]>;

/**
 * One element of `Sec-WebSocket-Extensions` (RFC 6455 §9.1), unquoted. A parameter without a value is `true`.
 *
 * `params` is a `Map`, so a parameter called `__proto__` or `constructor` is a name like any other.
 */
export interface ExtensionOffer {
  readonly name: string;
  readonly params: ReadonlyMap<string, string | true>;
}

/** Whether a text is one `token` (RFC 9110 §5.6.2): not empty, visible ASCII, no separators. */
export function isToken(text: string): boolean {
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(text);
}

/** Whether a text may be a header's value: tab, space, visible ASCII and Latin-1 (RFC 9110 §5.5). No CR, LF or NUL. */
export function isFieldValue(text: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(text);
}

/** Gathers `name, value, name, value, …` (the shape of Node's `rawHeaders`) by lower-case name, values trimmed. */
export function indexHeaders(rawHeaders: readonly string[]): HeaderIndex {
  const index = new Map<string, string[]>();
  for (const [name, value] of headerPairs(rawHeaders)) {
    const key = name.toLowerCase();
    const values = index.get(key);
    if (values === undefined) index.set(key, [trimSpace(value)]);
    else values.push(trimSpace(value));
  }
  return index;
}

/** Turns `name, value, name, value, …` into pairs. */
export function headerPairs(rawHeaders: readonly string[]): readonly Header[] {
  const pairs: Header[] = [];
  let name: string | undefined;
  for (const text of rawHeaders) {
    if (name === undefined) {
      name = text;
    } else {
      pairs.push([name, text]);
      name = undefined;
    }
  }
  return pairs;
}

/** The members of one or more comma-separated lists, trimmed. Empty members are left out (RFC 9110 §5.6.1.2). */
export function splitList(values: readonly string[]): readonly string[] {
  return values
    .flatMap((value) => value.split(","))
    .map(trimSpace)
    .filter((member) => member !== "");
}

/** Whether one or more comma-separated lists hold a token, in any case of its letters. */
export function hasListMember(values: readonly string[], token: string): boolean {
  return splitList(values).some((member) => member.toLowerCase() === token);
}

/**
 * Splits one or more `Sec-WebSocket-Extensions` values into their elements, which are still text: `parseExtension` reads
 * each by itself, so that one bad element does not spoil the next.
 */
export function splitExtensions(values: readonly string[]): readonly string[] {
  return values
    .flatMap((value) => splitOutsideQuotes(value, ","))
    .map(trimSpace)
    .filter((element) => element !== "");
}

/**
 * Reads one extension with its parameters: `name; flag; key=token; key="quoted"`.
 *
 * @returns `undefined` when it is malformed, which includes a parameter that comes twice.
 */
export function parseExtension(element: string): ExtensionOffer | undefined {
  const [name, ...parameters] = splitOutsideQuotes(element, ";").map(trimSpace) as [string, ...string[]]; // a split is never empty
  if (!isToken(name)) return undefined;
  const params = new Map<string, string | true>();
  for (const parameter of parameters) {
    const equals = parameter.indexOf("=");
    const key = equals === -1 ? parameter : trimSpace(parameter.slice(0, equals));
    const value = equals === -1 ? true : parseParameterValue(trimSpace(parameter.slice(equals + 1)));
    if (!isToken(key) || value === undefined || params.has(key)) return undefined;
    params.set(key, value);
  }
  return { name, params };
}

/** A value as it may stand in an answer, an error or a log: in quotes, control characters escaped, cut at 64 characters. */
export function quote(value: string): string {
  const text = JSON.stringify(value.length <= 64 ? value : `${value.slice(0, 63)}…`);
  return text.replace(/[\x7f-\x9f]/g, (control) => `\\u00${control.charCodeAt(0).toString(16)}`);
}

function parseParameterValue(text: string): string | undefined {
  const value = text.startsWith('"') ? unquote(text) : text;
  // §9.1: "When using the quoted-string syntax variant, the value after quoted-string unescaping MUST conform to the
  // 'token' ABNF."
  return value !== undefined && isToken(value) ? value : undefined;
}

function unquote(text: string): string | undefined {
  let value = "";
  for (let index = 1; index < text.length; index++) {
    const character = text.charAt(index);
    if (character === '"') return index === text.length - 1 ? value : undefined;
    value += character === "\\" ? text.charAt(++index) : character;
  }
  return undefined; // the quote is never closed
}

function splitOutsideQuotes(text: string, separator: string): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index);
    if (character === '"') isQuoted = !isQuoted;
    else if (isQuoted && character === "\\") index++;
    else if (!isQuoted && character === separator) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

/** Removes spaces and tabs at both ends, and nothing else: `String.trim` would remove what HTTP does not call white space. */
export function trimSpace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
