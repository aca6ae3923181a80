// The longest size that is read, with one character more to see that it ends: 4 GiB, of which nobody keeps so much as a thousandth.
const maxSizeDigits = 8;
const sizeLine = new RegExp(`^[0-9a-f]{1,${maxSizeDigits}}(?=[\\s;]|$)`, "i");

const lineFeed = 0x0a;
const chunkEndBytes = 2; // CRLF

/** Takes a body out of its chunks (`Transfer-Encoding: chunked`, RFC 9112 §7.1), in any cut of its bytes. */
export class ChunkDecoder {
  #line = "";
  #chunkBytesLeft = 0; // with its CRLF
  #isDone = false;

  /** Whether the last chunk was there, or something that is no chunk: nothing can follow then. Trailers are not waited for. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** The data among the next bytes. */
  decode(bytes: Uint8Array): Uint8Array {
    const data = new Uint8Array(bytes.length);
    let dataBytes = 0;
    let at = 0;
    while (at < bytes.length && !this.#isDone) {
      if (this.#chunkBytesLeft === 0) {
        this.#readSize(bytes[at] as number); // `at` is within
        at += 1;
        continue;
      }
      const part = bytes.subarray(at, at + this.#chunkBytesLeft);
      at += part.length;
      this.#chunkBytesLeft -= part.length;
      const ended = Math.max(0, chunkEndBytes - this.#chunkBytesLeft);
      const own = part.subarray(0, Math.max(0, part.length - ended));
      data.set(own, dataBytes);
      dataBytes += own.length;
    }
    return data.subarray(0, dataBytes);
  }

  #readSize(byte: number): void {
    if (byte !== lineFeed) {
      if (this.#line.length <= maxSizeDigits) this.#line += String.fromCharCode(byte);
      return;
    }
    const size = Number.parseInt(sizeLine.exec(this.#line)?.[0] ?? "0", 16);
    this.#line = "";
    if (size === 0) this.#isDone = true;
    else this.#chunkBytesLeft = size + chunkEndBytes;
  }
}
