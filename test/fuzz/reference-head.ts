import { createHash } from "node:crypto";

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const isToken = new RegExp(`^${token}$`);
const headerLine = new RegExp(`^(${token}):[ \\t]*(.*?)[ \\t]*$`);

/** Header values by lower-case name. */
type Values = ReadonlyMap<string, readonly string[]>;

/** A head, by regular expressions on the whole of it; `undefined` if it breaks a rule of HTTP or a limit. */
function splitHead(
  text: string,
): { readonly first: string; readonly values: Values; readonly rest: string } | undefined {
  const end = text.indexOf("\r\n\r\n");
  const [first = "", ...lines] = text.slice(0, end).split("\r\n");
  if (end === -1 || end + 4 > 16_384 || lines.length > 100) return undefined;
  const values = new Map<string, string[]>();
  for (const line of lines) {
    const [, name, value] = headerLine.exec(line) ?? [];
    if (name === undefined || value === undefined) return undefined;
    values.set(name.toLowerCase(), [...(values.get(name.toLowerCase()) ?? []), value]);
  }
  // eslint-disable-next-line no-control-regex -- control characters are what it looks for
  if (/[\0-\x08\x0a-\x1f\x7f]/.test([first, ...lines].join(""))) return undefined;
  return { first, values, rest: text.slice(end + 4) };
}

function members(values: Values, name: string): readonly string[] {
  const list = (values.get(name) ?? []).join(",").split(",");
  return list.map((member) => member.replaceAll(/^[ \t]+|[ \t]+$/g, "")).filter((member) => member !== "");
}

interface Request {
  readonly target: string;
  readonly values: Values;
}

const hostForm = /^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._~%!$&'()*+;=-]+)(?::(\d{1,5}))?$/;

// RFC 6455 §4.2.1, as SPEC.md reads it, one sentence each.
const requestRules: readonly ((request: Request) => boolean)[] = [
  ({ values }) => hostForm.test(values.get("host")?.join() ?? "") && values.get("host")?.length === 1,
  ({ values }) => Number(hostForm.exec(values.get("host")?.[0] ?? "")?.[1] ?? 0) <= 65_535,
  ({ target, values }) =>
    target.startsWith("/") ||
    /^https?:\/\/([^/?]+)/i.exec(target)?.[1]?.toLowerCase() === values.get("host")?.[0]?.toLowerCase(),
  ({ values }) => !values.has("transfer-encoding"),
  ({ values }) => (values.get("content-length") ?? []).every((length) => /^0+$/.test(length)),
  ({ values }) => members(values, "upgrade").some((member) => member.toLowerCase() === "websocket"),
  ({ values }) => members(values, "connection").some((member) => member.toLowerCase() === "upgrade"),
  ({ values }) => values.get("sec-websocket-version")?.join() === "13",
  ({ values }) => (values.get("sec-websocket-key")?.length ?? 0) === 1,
  ({ values }) => Buffer.from(values.get("sec-websocket-key")?.[0] ?? "", "base64").length === 16,
  function isKeyWrittenInTheOneWay({ values }) {
    const key = values.get("sec-websocket-key")?.[0] ?? "";
    return Buffer.from(key, "base64").toString("base64") === key;
  },
  ({ values }) => (values.get("origin") ?? []).length <= 1,
  ({ values }) => members(values, "sec-websocket-protocol").every((protocol) => isToken.test(protocol)),
  ({ values }) => values.has("sec-websocket-protocol") === members(values, "sec-websocket-protocol").length > 0,
  function isEachProtocolOfferedOnce({ values }) {
    const protocols = members(values, "sec-websocket-protocol");
    return new Set(protocols).size === protocols.length;
  },
];

/** What came behind a request that a server may accept; `undefined` if it may not. */
export function judgeRequest(text: string): { readonly rest: string } | undefined {
  const head = splitHead(text);
  const [, target] = /^GET ([!"$-~]{1,8192}) HTTP\/1\.[1-9]$/.exec(head?.first ?? "") ?? [];
  if (head === undefined || target === undefined) return undefined;
  return requestRules.every((rule) => rule({ target, values: head.values })) ? { rest: head.rest } : undefined;
}

/** What a client has sent. */
interface Offered {
  readonly key: string;
  readonly protocols: readonly string[];
  readonly extension: string;
}

// RFC 6455 §4.1, as SPEC.md reads it, one sentence each.
const responseRules: readonly ((values: Values, offered: Offered) => boolean)[] = [
  (values) => values.get("upgrade")?.join().toLowerCase() === "websocket",
  (values) => members(values, "connection").some((member) => member.toLowerCase() === "upgrade"),
  (values, { key }) =>
    values.get("sec-websocket-accept")?.join() ===
    createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64"),
  (values) => (values.get("sec-websocket-protocol") ?? []).length <= 1,
  (values, { protocols }) => (values.get("sec-websocket-protocol") ?? []).every((its) => protocols.includes(its)),
  (values) => readExtensions(values.get("sec-websocket-extensions") ?? []).length <= 1,
  (values, { extension }) =>
    readExtensions(values.get("sec-websocket-extensions") ?? []).every((answer) => answer?.name === extension),
];

/** What came behind an answer that opens the connection for a client; `undefined` if it may not. */
export function judgeResponse(text: string, offered: Offered): { readonly rest: string } | undefined {
  const interim = /^HTTP\/\d\.\d 1(?!01)\d\d(?: |\r)/.test(text) ? text.indexOf("\r\n\r\n") + 4 : 0;
  if (interim > 0 && splitHead(text.slice(0, interim)) !== undefined) {
    return judgeResponse(text.slice(interim), offered);
  }
  const head = splitHead(text);
  if (head === undefined || !/^HTTP\/1\.1 101(?: |$)/.test(head.first)) return undefined;
  return responseRules.every((rule) => rule(head.values, offered)) ? { rest: head.rest } : undefined;
}

/** An extension as `[name, [[parameter, value]]]`. */
interface ReferenceExtension {
  readonly name: string;
  readonly params: readonly (readonly [string, string | true])[];
}

/** RFC 6455 §9.1 by one regular expression for each element; a malformed element is `undefined`. */
export function readExtensions(values: readonly string[]): (ReferenceExtension | undefined)[] {
  return values.flatMap((value) =>
    split(value, ",")
      .filter((element) => element !== "")
      .map(readExtension),
  );
}

function readExtension(element: string): ReferenceExtension | undefined {
  const [name = "", ...rest] = split(element, ";");
  const params = rest.map((text): [string, string | true] | undefined => {
    const [, key, , plain, quoted] =
      new RegExp(`^(${token})([ \\t]*=[ \\t]*(?:(${token})|"((?:[^"\\\\]|\\\\.)*)"))?$`, "s").exec(text) ?? [];
    if (key === undefined) return undefined;
    const value = plain ?? quoted?.replaceAll(/\\(.)/gs, "$1") ?? true;
    return value === true || isToken.test(value) ? [key, value] : undefined;
  });
  const whole = params.filter((param) => param !== undefined);
  const isGood = isToken.test(name) && whole.length === params.length;
  return isGood && new Set(whole.map(([key]) => key)).size === whole.length ? { name, params: whole } : undefined;
}

/** The parts between separators that stand outside quotes, trimmed. What stands in an open quote belongs to it, to the end. */
function split(text: string, separator: string): string[] {
  const part = new RegExp(`(?:[^"${separator}]|"(?:[^"\\\\]|\\\\.)*(?:"|\\\\?$))+|(?=${separator})|$`, "gs");
  const parts: string[] = [];
  for (let at = 0; at <= text.length;) {
    part.lastIndex = at;
    const found = part.exec(text)?.[0] ?? "";
    const isHere = text.startsWith(found, at);
    parts.push((isHere ? found : "").replaceAll(/^[ \t]+|[ \t]+$/g, ""));
    at += (isHere ? found.length : 0) + 1;
  }
  return parts;
}
