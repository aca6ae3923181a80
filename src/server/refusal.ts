/**
 * What `handle`, a call or `authorize` throws to refuse, with a code and words that are meant for the client: its `error.code` is `app:`
 * and the code. Nothing is logged. Anything else that is thrown is a fault of the server's: the client is told `INTERNAL`.
 *
 * @throws {TypeError} for a code that is not 1-64 of A-Z 0-9 _.
 *
 * @example
 * ```ts
 * if (stock === 0) throw new Refusal("SOLD_OUT", "There are no more of these");
 * ```
 */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: string;
  constructor(code: string, message: string) {
    if (!/^[A-Z0-9_]{1,64}$/.test(code)) {
      throw new TypeError(`Cannot refuse with code ${JSON.stringify(code)}: it must be 1-64 of A-Z 0-9 _`);
    }
    super(message);
    this.code = code;
  }
}
