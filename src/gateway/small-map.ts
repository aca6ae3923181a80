/**
 * A map that most often has one entry, of which there is one for every connection: then it is three fields, where a `Map` takes 230
 * bytes. From the second entry on it is a `Map`.
 */
export class SmallMap<Key extends string, Value> {
  #key: Key | undefined;
  #value: Value | undefined;
  #all: Map<Key, Value> | undefined;

  get size(): number {
    return this.#all?.size ?? Number(this.#key !== undefined);
  }

  get(key: Key): Value | undefined {
    if (this.#all !== undefined) return this.#all.get(key);
    return this.#key === key ? this.#value : undefined;
  }

  has(key: Key): boolean {
    return this.#all?.has(key) ?? this.#key === key;
  }

  /** Sets an entry; a new one is the last. */
  set(key: Key, value: Value): void {
    if (this.#all === undefined && (this.#key === undefined || this.#key === key)) {
      this.#key = key;
      this.#value = value;
      return;
    }
    this.#all ??= new Map(this.entries());
    this.#all.set(key, value);
    this.#forget();
  }

  delete(key: Key): void {
    if (this.#all !== undefined) this.#all.delete(key);
    else if (this.#key === key) this.#forget();
  }

  /** The entries as they are now, in the order in which they were set. */
  entries(): readonly (readonly [Key, Value])[] {
    if (this.#all !== undefined) return [...this.#all];
    // With the key there is a value, of whatever type.
    return this.#key === undefined ? [] : [[this.#key, this.#value as Value]];
  }

  #forget(): void {
    this.#key = undefined;
    this.#value = undefined;
  }
}
