import type { EventEmitter } from "node:events";
import type { Data } from "./payload.ts";

// As in @types/ws, or else a handler that was written to its events would not fit: there `target` is another WebSocket, and of `error`
// programs look at `code` and its like.
// oxlint-disable-next-line typescript/no-explicit-any
type Anything = any;

/** What every event tells, and `open` alone. */
export interface Event {
  type: string;
  /** The {@link WebSocket}. */
  target: Anything;
}
/** The event `message`: text as a string. */
export interface MessageEvent extends Event {
  data: Data;
}
/** The event `error`. */
export interface ErrorEvent extends Event {
  error: Anything;
  message: string;
}
/** The event `close`: the code and the reason of the peer's close frame, 1006 without one. */
export interface CloseEvent extends Event {
  code: number;
  reason: string;
  wasClean: boolean;
}
/** What a listener of `addEventListener` is given, by the name of the event. */
export interface WebSocketEventMap {
  open: Event;
  message: MessageEvent;
  error: ErrorEvent;
  close: CloseEvent;
}
/** The events that `addEventListener` knows. */
export type WebSocketEventType = keyof WebSocketEventMap;
/** How to listen. */
export interface EventListenerOptions {
  once?: boolean | undefined;
}
/** A function, or an object with `handleEvent`. */
export type EventHandler<Event> = ((event: Event) => void) | { handleEvent(event: Event): void };

interface Registration {
  readonly handler: unknown;
  /** It was set by `onmessage =` and its like, not by `addEventListener`. */
  readonly isAttribute: boolean;
}
type Emitter = Pick<EventEmitter, "on" | "once" | "listeners" | "removeListener">;
type Listener = (...args: unknown[]) => void;

// The listeners are the emitter's own, so that removeAllListeners() removes these too. `ws` does it the same way.
const registrations = new WeakMap<object, Registration>();
const types: readonly WebSocketEventType[] = ["open", "message", "error", "close"];

/** Makes a listener of `handler`. Twice the same is once. */
export function addHandler(emitter: Emitter, type: WebSocketEventType, added: Registration & { once: boolean }): void {
  if (!types.includes(type)) return;
  if (!added.isAttribute && findListener(emitter, type, added) !== undefined) return;
  const listener: Listener = (...args) => {
    const event = { type, target: emitter, ...detailsOf[type](args) };
    if (typeof added.handler === "function") added.handler.call(emitter, event);
    else (added.handler as { handleEvent(event: object): void }).handleEvent(event); // the other form a handler has
  };
  registrations.set(listener, added);
  emitter[added.once ? "once" : "on"](type, listener);
}

/** Takes out what {@link addHandler} put in for this handler. */
export function dropHandler(emitter: Emitter, type: WebSocketEventType, registration: Registration): void {
  const listener = findListener(emitter, type, registration);
  if (listener !== undefined) emitter.removeListener(type, listener);
}

/** Gives a class `onopen`, `onmessage`, `onerror` and `onclose`, where `ws` has them: on the prototype. */
export function defineAttributes(prototype: Emitter): void {
  for (const type of types) {
    Object.defineProperty(prototype, `on${type}`, {
      enumerable: true,
      configurable: true,
      get(this: Emitter) {
        return attributeOf(this, type);
      },
      set(this: Emitter, handler: unknown) {
        dropHandler(this, type, { handler: attributeOf(this, type), isAttribute: true });
        if (typeof handler === "function") addHandler(this, type, { handler, once: false, isAttribute: true });
      },
    });
  }
}

/** An event's own members, of what the emitter gives its listeners. */
const detailsOf: Readonly<Record<WebSocketEventType, (args: readonly unknown[]) => object>> = {
  open: () => ({}),
  message: ([data, isBinary]) => ({ data: isBinary ? data : String(data) }),
  error: ([error]) => ({ error, message: (error as Error).message }), // only errors are emitted as such
  close: ([code, reason]) => ({ code, reason: String(reason), wasClean: code !== 1006 }),
};

function attributeOf(emitter: Emitter, type: WebSocketEventType): unknown {
  const found = emitter.listeners(type).find((listener) => registrations.get(listener)?.isAttribute);
  return found === undefined ? null : registrations.get(found)?.handler;
}

function findListener(emitter: Emitter, type: WebSocketEventType, wanted: Registration): Listener | undefined {
  return emitter.listeners(type).find((listener) => {
    const known = registrations.get(listener);
    return known !== undefined && known.handler === wanted.handler && known.isAttribute === wanted.isAttribute;
  }) as Listener | undefined; // EventEmitter types its listeners as Function
}
