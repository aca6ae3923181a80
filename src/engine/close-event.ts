import { toUSVString } from "node:util";
import { shapeInterface } from "./shape-interface.ts";

type EventInit = NonNullable<ConstructorParameters<typeof Event>[1]>;

/** The members of a {@link CloseEvent}. */
export interface CloseEventInit extends EventInit {
  readonly wasClean?: boolean;
  readonly code?: number;
  readonly reason?: string;
}

/** The last event of a `WebSocket` (WebSockets Standard §6). Node 20 and 22 have no such global. */
export class CloseEvent extends Event {
  readonly #wasClean: boolean;
  readonly #code: number;
  readonly #reason: string;

  constructor(type: string, members?: CloseEventInit | null) {
    if (arguments.length === 0) throw new TypeError("Cannot construct CloseEvent: give a type");
    const init = members ?? {}; // the IDL takes null for a dictionary too
    super(type, init);
    this.#wasClean = Boolean(init.wasClean ?? false);
    // IDL's unsigned short: modulo 2^16.
    this.#code = init.code === undefined ? 0 : (new Uint16Array([init.code])[0] as number);
    this.#reason = init.reason === undefined ? "" : toUSVString(`${init.reason}`);
  }

  /** Whether both close frames were exchanged. */
  get wasClean(): boolean {
    return this.#wasClean;
  }

  /** The code of the peer's close frame; 1005 when it had none, 1006 when no close frame came. */
  get code(): number {
    return this.#code;
  }

  /** The reason in the peer's close frame. */
  get reason(): string {
    return this.#reason;
  }
}

Object.defineProperty(CloseEvent, "length", { value: 1 }); // the second argument is optional in the IDL
shapeInterface(CloseEvent, ["wasClean", "code", "reason"]);
