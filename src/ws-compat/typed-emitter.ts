import { EventEmitter } from "node:events";

// What is not declared must stay `any`: programs name fewer types than there are, and events of their own.
// oxlint-disable-next-line typescript/no-explicit-any
type Anything = any;

/**
 * An `EventEmitter` that knows its events and lets any other through, as `@types/ws` has it: `(data: Buffer) => {}` may listen to
 * `message`, and `"authenticated"` may be an event of the program's.
 */
export interface TypedEmitter<Events extends Record<keyof Events, unknown[]>> extends EventEmitter {
  on<Name extends keyof Events>(event: Name, listener: (this: this, ...args: Events[Name]) => void): this;
  on(event: string | symbol, listener: (this: this, ...args: Anything[]) => void): this;
  once<Name extends keyof Events>(event: Name, listener: (this: this, ...args: Events[Name]) => void): this;
  once(event: string | symbol, listener: (this: this, ...args: Anything[]) => void): this;
  off<Name extends keyof Events>(event: Name, listener: (this: this, ...args: Events[Name]) => void): this;
  off(event: string | symbol, listener: (this: this, ...args: Anything[]) => void): this;
  addListener<Name extends keyof Events>(event: Name, listener: (this: this, ...args: Events[Name]) => void): this;
  addListener(event: string | symbol, listener: (this: this, ...args: Anything[]) => void): this;
  removeListener<Name extends keyof Events>(event: Name, listener: (this: this, ...args: Events[Name]) => void): this;
  removeListener(event: string | symbol, listener: (this: this, ...args: Anything[]) => void): this;
}

/** The class to extend: `EventEmitter`, by this type. */
export const TypedEmitter: Omit<typeof EventEmitter, never> &
  (new <Events extends Record<keyof Events, unknown[]>>() => TypedEmitter<Events>) = EventEmitter;
