/** JSON from strangers: what is refused before and after `JSON.parse`, so that what comes out is safe to keep and to stringify. */

/** How deep objects and lists may nest, and how many keys one object may have. */
export const jsonLimits = { maxDepth: 32, maxKeyCount: 256 } as const;

const depthFault = `it nests deeper than ${jsonLimits.maxDepth}`;
const keyFault = `an object has more than ${jsonLimits.maxKeyCount} keys`;

/** A JSON value, or why the text is refused. */
export type ParsedJson =
  | { readonly type: "value"; readonly value: unknown }
  /** `value` is there if the text was JSON at all: its request id may still be read. */
  | { readonly type: "refused"; readonly reason: string; readonly value?: unknown };

/**
 * Parses a text, or says what is wrong with it.
 *
 * Refused: what is not JSON; more depth or keys than `jsonLimits` (seen before parsing, in one linear scan); the same key twice
 * in one object (RFC 8259 §4: "behavior … is unpredictable"); numbers too large for a double; lone surrogates (§8.2).
 * Keys like `__proto__` are kept as plain own properties, as `JSON.parse` makes them: nothing here or later merges objects.
 */
export function parseJson(text: string): ParsedJson {
  const scan = scanJson(text);
  if (scan.fault !== undefined) return { type: "refused", reason: scan.fault };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { type: "refused", reason: "it is not JSON" };
  }
  const found: Findings = { keyCount: 0, fault: undefined };
  inspect(value, found, 1);
  if (found.keyCount !== scan.keyCount) found.fault ??= "an object has the same key twice";
  return found.fault === undefined ? { type: "value", value } : { type: "refused", reason: found.fault, value };
}

/** What a server would refuse in the data of a message, as JSON text: asked before it is sent. */
export function findDataFault(text: string): string | undefined {
  const found: Findings = { keyCount: 0, fault: undefined };
  // In its message it is a field: one level down.
  inspect(JSON.parse(text), found, 2);
  return found.fault;
}

interface Findings {
  keyCount: number;
  fault: string | undefined;
}

const code = {
  quote: 0x22,
  colon: 0x3a,
  openList: 0x5b,
  backslash: 0x5c,
  closeList: 0x5d,
  openObject: 0x7b,
  closeObject: 0x7d,
} as const;

/** Counts depth and keys without building anything. A text that is not JSON may give any answer: `JSON.parse` refuses it. */
function scanJson(text: string): Findings {
  const found: Findings = { keyCount: 0, fault: undefined };
  const keyCounts: number[] = [];
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case code.quote:
        at = endOfString(text, at);
        break;
      case code.openList:
      case code.openObject:
        depth += 1;
        if (depth > jsonLimits.maxDepth) return { ...found, fault: depthFault };
        keyCounts[depth] = 0;
        break;
      case code.closeList:
      case code.closeObject:
        depth -= 1;
        break;
      case code.colon: {
        const keyCount = (keyCounts[depth] ?? 0) + 1;
        if (keyCount > jsonLimits.maxKeyCount) {
          return { ...found, fault: keyFault };
        }
        keyCounts[depth] = keyCount;
        found.keyCount += 1;
      }
    }
  }
  return found;
}

/** The index of the quote that closes the string opened at `open`: the next one behind an even number of backslashes. */
function endOfString(text: string, open: number): number {
  let quote = open;
  let escapes: number;
  do {
    quote = text.indexOf('"', quote + 1);
    if (quote === -1) return text.length;
    escapes = 0;
    while (text.charCodeAt(quote - 1 - escapes) === code.backslash) escapes += 1;
  } while (escapes % 2 === 1);
  return quote;
}

const loneSurrogate = /\p{Surrogate}/u;

/** Walks a value, `depth` levels down in its message. */
function inspect(value: unknown, found: Findings, depth: number): void {
  found.fault ??= scalarFault(value);
  if (typeof value !== "object" || value === null) return;
  if (depth > jsonLimits.maxDepth) found.fault ??= depthFault;
  if (found.fault !== undefined) return;
  const isList = Array.isArray(value);
  const entries = Object.entries(value);
  if (!isList && entries.length > jsonLimits.maxKeyCount) found.fault = keyFault;
  for (const [key, item] of entries) {
    if (!isList) {
      found.keyCount += 1;
      inspect(key, found, depth);
    }
    inspect(item, found, depth + 1);
  }
}

/** What JSON cannot carry, or no text of UTF-8 can. */
function scalarFault(value: unknown): string | undefined {
  if (typeof value === "string" && loneSurrogate.test(value)) return "a text has half of a surrogate pair";
  if (typeof value === "number" && !Number.isFinite(value)) return "a number is too large";
  return undefined;
}
