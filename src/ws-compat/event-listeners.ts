import type { EventEmitter } from "node:events";
import type { RawData } from "./payload.ts";

/** What a listener of `addEventListener` is given, by the name of the event. */
export interface WebSocketEventMap<Target> {
  open: { readonly type: "open"; readonly target: Target };
  message: { readonly type: "message"; readonly target: Target; readonly data: string | RawData };
  error: { readonly type: "error"; readonly target: Target; readonly error: Error; readonly message: string };
  close: {
    readonly type: "close";
    readonly target: Target;
    readonly code: number;
    readonly reason: string;
    readonly wasClean: boolean;
  };
}
/** The events that `addEventListener` knows. */
export type WebSocketEventType = "open" | "message" | "error" | "close";
/** A function, or an object with `handleEvent`. */
export type EventHandler<Event> = ((event: Event) => void) | { handleEvent(event: Event): void };

interface Registration {
  readonly handler: unknown;
  /** It was set by `onmessage =` and its like, not by `addEventListener`. */
  readonly isAttribute: boolean;
}
type Emitter = Pick<EventEmitter, "on" | "once" | "listeners" | "removeListener">;

// The listeners are the emitter's own, so that removeAllListeners() removes these too. `ws` does it the same way.
const registrations = new WeakMap<object, Registration>();

/** Registers `listener`, which stands for `handler`. Twice the same is once. */
export function addListener(
  emitter: Emitter,
  type: WebSocketEventType,
  added: Registration & { readonly listener: (...args: never[]) => void; readonly once: boolean },
): void {
  if (!added.isAttribute && findListener(emitter, type, added) !== undefined) return;
  registrations.set(added.listener, added);
  emitter[added.once ? "once" : "on"](type, added.listener as (...args: unknown[]) => void); // each knows its event's arguments
}

/** Takes out what {@link addListener} put in for this handler. */
export function dropListener(emitter: Emitter, type: WebSocketEventType, registration: Registration): void {
  const listener = findListener(emitter, type, registration);
  if (listener !== undefined) emitter.removeListener(type, listener);
}

/** The handler that `on<type> =` set, or null. */
export function attributeOf(emitter: Emitter, type: WebSocketEventType): unknown {
  const found = emitter.listeners(type).find((listener) => registrations.get(listener)?.isAttribute);
  return found === undefined ? null : registrations.get(found)?.handler;
}

/** Takes out what `on<type> =` set. */
export function dropAttribute(emitter: Emitter, type: WebSocketEventType): void {
  dropListener(emitter, type, { handler: attributeOf(emitter, type), isAttribute: true });
}

/** Calls a handler of either form. */
export function callHandler<Event>(handler: EventHandler<Event>, target: unknown, event: Event): void {
  if (typeof handler === "function") handler.call(target, event);
  else handler.handleEvent(event);
}

function findListener(emitter: Emitter, type: WebSocketEventType, wanted: Registration) {
  return emitter.listeners(type).find((listener) => {
    const known = registrations.get(listener);
    return known !== undefined && known.handler === wanted.handler && known.isAttribute === wanted.isAttribute;
  }) as ((...args: unknown[]) => void) | undefined; // EventEmitter types its listeners as Function
}
