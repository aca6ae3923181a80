/** Reads a header's value from left to right, with the errors `ws` throws. */
export class HeaderScanner {
  readonly #text: string;
  #index = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.#index === this.#text.length;
  }

  /** Skips white space, and says whether there was any. */
  skipSpace(): boolean {
    const start = this.#index;
    while (this.#text[this.#index] === " " || this.#text[this.#index] === "\t") this.#index++;
    return this.#index > start;
  }

  /** Takes the next character if it is `character`. */
  skip(character: string): boolean {
    if (this.#text[this.#index] !== character) return false;
    this.#index++;
    return true;
  }

  /** A token, which is not empty. */
  readToken(): string {
    const start = this.#index;
    while (isTokenCharacter(this.#text[this.#index])) this.#index++;
    return this.#index > start ? this.#text.slice(start, this.#index) : this.fail();
  }

  /** A token in quotes, the first of which is read. RFC 6455 §9.1: what it unescapes to must be a token. */
  readQuoted(): string {
    let value = "";
    while (value === "" || !this.skip('"')) {
      this.skip("\\");
      const character = this.#text[this.#index];
      if (!isTokenCharacter(character)) this.fail();
      value += character;
      this.#index++;
    }
    return value;
  }

  /** The end, or the comma before the next element and the white space around it. True if there is a next one. */
  readSeparator(): boolean {
    const hasSpace = this.skipSpace();
    if (this.isAtEnd && !hasSpace) return false;
    if (!this.skip(",")) this.fail();
    this.skipSpace();
    return true;
  }

  fail(): never {
    if (this.isAtEnd) throw new SyntaxError("Unexpected end of input");
    throw new SyntaxError(`Unexpected character at index ${this.#index}`);
  }
}

function isTokenCharacter(character: string | undefined): boolean {
  return character !== undefined && /^[!#$%&'*+\-.^_`|~0-9A-Za-z]$/.test(character);
}
