import { HeaderScanner } from "./header-scanner.ts";

/** The parameters of one offer: each with all its values; `true` is none. */
export type ExtensionParameters = Record<string, (string | true)[]>;
/** Offers by the name of the extension. */
export type ExtensionOffers = Record<string, ExtensionParameters[]>;

/**
 * Reads a value of `Sec-WebSocket-Extensions`.
 *
 * @throws {SyntaxError} if it is not as RFC 6455 §9.1 wants it.
 */
function parse(header: string): ExtensionOffers {
  const offers = createRecord<ExtensionParameters[]>();
  const scanner = new HeaderScanner(header);
  do {
    const name = scanner.readToken();
    const parameters = createRecord<(string | true)[]>();
    while (hasParameter(scanner)) {
      const key = scanner.readToken();
      (parameters[key] ??= []).push(readValue(scanner));
    }
    (offers[name] ??= []).push(parameters);
  } while (scanner.readSeparator());
  return offers;
}

/** Writes what {@link parse} reads. */
function format(extensions: Readonly<Record<string, object | readonly object[]>>): string {
  return Object.entries(extensions)
    .flatMap(([name, offers]) => [offers].flat().map((offer: object) => [name, ...formatParameters(offer)].join("; ")))
    .join(", ");
}

/** The module `extension` of `ws`. */
export const extension: { readonly parse: typeof parse; readonly format: typeof format } = { parse, format };

function hasParameter(scanner: HeaderScanner): boolean {
  const hasSpace = scanner.skipSpace();
  if (!scanner.skip(";")) {
    if (hasSpace && scanner.isAtEnd) scanner.fail();
    return false;
  }
  scanner.skipSpace();
  return true;
}

function readValue(scanner: HeaderScanner): string | true {
  if (!scanner.skip("=")) return true;
  return scanner.skip('"') ? scanner.readQuoted() : scanner.readToken();
}

function formatParameters(offer: object): string[] {
  return Object.entries(offer).flatMap(([key, values]) =>
    [values].flat().map((value: unknown) => (value === true ? key : `${key}=${String(value)}`)),
  );
}

/** Without a prototype: a parameter may be called `constructor`. */
function createRecord<Value>(): Record<string, Value> {
  return Object.create(null) as Record<string, Value>; // what it is filled with
}
