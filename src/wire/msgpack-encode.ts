import { isObject } from "./describe.ts";

const encoder = new TextEncoder();
const startBytes = 256;

/**
 * A JSON value as MessagePack, in which a `Uint8Array` is a byte string. Each value in its shortest form, a number that is no
 * integer up to 2⁵³ as a float; what is undefined in an object is left out, as `JSON.stringify` does.
 */
export function encodeMsgpack(value: unknown): Uint8Array<ArrayBuffer> {
  const packer = new Packer();
  packer.write(value);
  return packer.take();
}

class Packer {
  #bytes = new Uint8Array(startBytes);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;

  take(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#at);
  }

  write(value: unknown): void {
    switch (typeof value) {
      case "string":
        return this.#text(value);
      case "number":
        return this.#number(value);
      case "boolean":
        return this.#byte(value ? 0xc3 : 0xc2);
      default:
        if (value instanceof Uint8Array) this.#binary(value);
        else if (Array.isArray(value)) this.#list(value);
        else if (isObject(value)) this.#map(value);
        else this.#byte(0xc0);
    }
  }

  #number(value: number): void {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) return this.#float(value);
    if (value >= 0) {
      if (value < 0x80) return this.#byte(value);
      if (value < 0x100) return this.#sized(0xcc, 1, value);
      if (value < 0x1_0000) return this.#sized(0xcd, 2, value);
      if (value < 0x1_0000_0000) return this.#sized(0xce, 4, value);
      return this.#wide(0xcf, value);
    }
    if (value >= -0x20) return this.#byte(value);
    if (value >= -0x80) return this.#sized(0xd0, 1, value);
    if (value >= -0x8000) return this.#sized(0xd1, 2, value);
    if (value >= -0x8000_0000) return this.#sized(0xd2, 4, value);
    return this.#wide(0xd3, value);
  }

  #float(value: number): void {
    if (Math.fround(value) === value) {
      const at = this.#head(0xca, 4);
      this.#view.setFloat32(at, value);
    } else {
      const at = this.#head(0xcb, 8);
      this.#view.setFloat64(at, value);
    }
  }

  #text(text: string): void {
    if (text.length < 0x20 && this.#shortText(text)) return;
    const bytes = encoder.encode(text);
    if (bytes.length < 0x20) this.#byte(0xa0 | bytes.length);
    else this.#length(bytes.length, { one: 0xd9, two: 0xda, four: 0xdb });
    this.#put(bytes);
  }

  /** Keys and ids, mostly, and ASCII: by hand is faster than by the encoder. @returns whether it was. */
  #shortText(text: string): boolean {
    const start = this.#head(0xa0 | text.length, text.length);
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code >= 0x80) {
        this.#at = start - 1;
        return false;
      }
      this.#bytes[start + index] = code;
    }
    return true;
  }

  #binary(bytes: Uint8Array): void {
    this.#length(bytes.length, { one: 0xc4, two: 0xc5, four: 0xc6 });
    this.#put(bytes);
  }

  #list(list: readonly unknown[]): void {
    if (list.length < 0x10) this.#byte(0x90 | list.length);
    else this.#length(list.length, { two: 0xdc, four: 0xdd });
    for (const item of list) this.write(item);
  }

  #map(map: Readonly<Record<string, unknown>>): void {
    const keys = Object.keys(map).filter((key) => map[key] !== undefined);
    if (keys.length < 0x10) this.#byte(0x80 | keys.length);
    else this.#length(keys.length, { two: 0xde, four: 0xdf });
    for (const key of keys) {
      this.#text(key);
      this.write(map[key]);
    }
  }

  #length(length: number, heads: { readonly one?: number; readonly two: number; readonly four: number }): void {
    if (length < 0x100 && heads.one !== undefined) this.#sized(heads.one, 1, length);
    else if (length < 0x1_0000) this.#sized(heads.two, 2, length);
    else this.#sized(heads.four, 4, length);
  }

  /** A head and a whole number behind it. */
  #sized(head: number, size: 1 | 2 | 4, value: number): void {
    const at = this.#head(head, size);
    if (size === 1) this.#view.setInt8(at, value);
    else if (size === 2) this.#view.setInt16(at, value);
    else this.#view.setInt32(at, value);
  }

  #wide(head: number, value: number): void {
    const at = this.#head(head, 8);
    this.#view.setBigInt64(at, BigInt(value));
  }

  #byte(byte: number): void {
    this.#head(byte, 0);
  }

  #put(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** Writes a head. @returns where the `size` bytes behind it are to be written. */
  #head(head: number, size: number): number {
    const at = this.#reserve(1 + size);
    this.#bytes[at] = head;
    return at + 1;
  }

  #reserve(count: number): number {
    const at = this.#at;
    this.#at = at + count;
    if (this.#at > this.#bytes.length) {
      const bytes = new Uint8Array(Math.max(this.#at, 2 * this.#bytes.length));
      bytes.set(this.#bytes);
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer);
    }
    return at;
  }
}
