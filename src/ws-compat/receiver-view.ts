import { EventEmitter } from "node:events";
import type { PerMessageDeflate } from "./permessage-deflate.ts";

/**
 * What programs look at in the `_receiver` of a socket of `ws`: its limit, what was negotiated, and when the peer's close frame has come. The engine reads, and
 * has no such object.
 */
export class ReceiverView extends EventEmitter<{ conclude: [code: number, reason: Buffer] }> {
  /** In bytes; 0 is unlimited. */
  readonly _maxPayload: number;
  readonly _extensions: { readonly "permessage-deflate"?: PerMessageDeflate };

  constructor(maxPayload: number, extensions: ReceiverView["_extensions"]) {
    super();
    this._maxPayload = maxPayload;
    this._extensions = extensions;
  }
}
