import { EventEmitter } from "node:events";

/**
 * What programs look at in the `_receiver` of a socket of `ws`: its limit, and when the peer's close frame has come. The engine reads, and
 * has no such object.
 */
export class ReceiverView extends EventEmitter<{ conclude: [code: number, reason: Buffer] }> {
  /** In bytes; 0 is unlimited. */
  readonly _maxPayload: number;

  constructor(maxPayload: number) {
    super();
    this._maxPayload = maxPayload;
  }
}
