const name = /^[A-Za-z0-9_.-]+$/;
/** What the language asks of any value, to see whether it is a promise or knows how to be JSON. */
const asked: ReadonlySet<string> = new Set(["then", "toJSON"]);

/**
 * An object that has, beside its own properties, one of every other name, made by `make` when it is first read and the same
 * from then on. Which names exist is known to the types only: the server tells its channels and events later, and may tell others tomorrow.
 */
export function namedProxy<Own extends object>(own: Own, make: (name: string) => unknown): Own {
  const made: Map<string, unknown> = new Map();
  return new Proxy(own, {
    get(target, key) {
      const isNamed = typeof key === "string" && !(key in target) && !asked.has(key) && name.test(key);
      if (!isNamed) return Reflect.get(target, key);
      if (!made.has(key)) made.set(key, make(key));
      return made.get(key);
    },
  });
}
