/** What may stand in an attribute like `onmessage`. */
export type EventHandler<Target, Kind extends Event> = ((this: Target, event: Kind) => unknown) | null;

/**
 * One event handler attribute (HTML Standard §8.1.8.1). It takes its turn among the listeners when it is first set, and keeps it
 * until it is null again.
 */
export class EventHandlerAttribute<Target extends EventTarget, Kind extends Event> {
  readonly #target: Target;
  readonly #type: string;
  readonly #listener: (event: Event) => void;
  #handler: EventHandler<Target, Kind> = null;

  constructor(target: Target, type: string) {
    this.#target = target;
    this.#type = type;
    this.#listener = (event) => {
      // The IDL takes any object, and calls what can be called. The target sends this type with this kind of event.
      if (typeof this.#handler === "function") this.#handler.call(target, event as Kind);
    };
  }

  get(): EventHandler<Target, Kind> {
    return this.#handler;
  }

  set(value: EventHandler<Target, Kind>): void {
    const isObject = typeof value === "function" || typeof value === "object";
    const handler = isObject ? value : null; // [LegacyTreatNonObjectAsNull]
    if (handler === null) this.#target.removeEventListener(this.#type, this.#listener);
    else this.#target.addEventListener(this.#type, this.#listener); // no effect if it is there already
    this.#handler = handler;
  }
}
