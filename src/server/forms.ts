import { type PreparedMessage, prepareMessage, type ServerSocket } from "../engine/index.ts";
import type { Delivery } from "../gateway/index.ts";
import { type Codec, type IsBinary, packMessage, subprotocols } from "../wire/index.ts";

/** A message as it is handed to a socket. */
export type Form = string | Uint8Array | PreparedMessage;

/** The codec that a handshake agreed on; nothing if it agreed on none. */
export function codecOf({ protocol }: Pick<ServerSocket, "protocol">): Codec | undefined {
  if (protocol === subprotocols.json) return "json";
  return protocol === subprotocols.msgpack ? "msgpack" : undefined;
}

/** A frame of the core's messages in the forms that its receivers speak: each is made when the first of them wants it, and once. */
export class Forms {
  readonly #texts: readonly string[];
  readonly #isBinary: IsBinary;
  /** Whether many may want the same: then it is framed once, too. */
  readonly #isShared: boolean;
  #json: Form | undefined;
  #msgpack: Form | undefined;

  constructor(texts: readonly string[], isShared: boolean, isBinary: IsBinary) {
    this.#texts = texts;
    this.#isShared = isShared;
    this.#isBinary = isBinary;
  }

  for({ protocol }: Pick<ServerSocket, "protocol">): Form {
    return protocol === subprotocols.msgpack
      ? (this.#msgpack ??= this.#make(this.#pack()))
      : (this.#json ??= this.#make(this.#texts.join("\n")));
  }

  #pack(): Uint8Array {
    const messages = this.#texts.map((text) => packMessage(text, this.#isBinary));
    return messages.length === 1 && messages[0] !== undefined ? messages[0] : Buffer.concat(messages);
  }

  #make(data: string | Uint8Array): Form {
    return this.#isShared ? prepareMessage(data) : data;
  }
}

/** The forms of deliveries, as long as those are kept: who is behind is sent what others were sent before, or will be. */
export class DeliveryForms {
  readonly #forms = new WeakMap<Delivery, Forms>();
  readonly #isBinary: IsBinary;

  constructor(isBinary: IsBinary) {
    this.#isBinary = isBinary;
  }

  of(delivery: Delivery): Forms {
    const known = this.#forms.get(delivery);
    if (known !== undefined) return known;
    const forms = new Forms([delivery.text], true, this.#isBinary);
    this.#forms.set(delivery, forms);
    return forms;
  }
}
