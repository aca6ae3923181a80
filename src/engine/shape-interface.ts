/**
 * Gives a class the shape that Web IDL asks of an interface: its members enumerable, and its name in `Symbol.toStringTag`.
 * Classes of JavaScript have neither.
 */
export function shapeInterface(
  { name, prototype }: { readonly name: string; readonly prototype: object },
  members: readonly string[],
): void {
  for (const member of members) Object.defineProperty(prototype, member, { enumerable: true });
  Object.defineProperty(prototype, Symbol.toStringTag, { value: name, configurable: true });
}

/** Web IDL's constants: on the interface and on its prototype, not to be changed. */
export function defineConstants(
  constructor: { readonly prototype: object },
  constants: Readonly<Record<string, number>>,
): void {
  for (const [name, value] of Object.entries(constants)) {
    Object.defineProperty(constructor, name, { value, enumerable: true });
    Object.defineProperty(constructor.prototype, name, { value, enumerable: true });
  }
}
