/** What the page knows of the market. */
export interface Quote {
  readonly symbol: string;
  readonly cents: number;
  readonly atMs: number;
}

export type Direction = "up" | "down" | "same";

const keptPoints = 600;

/** The newest price of each symbol, and the way of the one in the chart. */
export class Market {
  readonly quotes: Map<string, Quote & { readonly direction: Direction }> = new Map();
  /** Of the symbol that is charted: seconds since 1970, and prices. */
  #points: [number[], number[]] = [[], []];
  #charted = "";

  get charted(): string {
    return this.#charted;
  }

  /** For uPlot, which changes nothing of it. */
  get points(): [number[], number[]] {
    return this.#points;
  }

  /** Takes a price. One that is older than what is known changes nothing. */
  add(quote: Quote): void {
    const known = this.quotes.get(quote.symbol);
    if (known !== undefined && known.atMs > quote.atMs) return;
    this.quotes.set(quote.symbol, { ...quote, direction: directionOf(known?.cents ?? quote.cents, quote.cents) });
    if (quote.symbol === this.#charted) this.#addPoint(quote);
  }

  /** Begins a new chart, at the newest price. */
  chart(symbol: string): void {
    this.#charted = symbol;
    this.#points = [[], []];
    const known = this.quotes.get(symbol);
    if (known !== undefined) this.#addPoint(known);
  }

  #addPoint({ atMs, cents }: Quote): void {
    const [times, prices] = this.#points;
    this.#points = [[...times, atMs / 1000].slice(-keptPoints), [...prices, cents / 100].slice(-keptPoints)];
  }
}

function directionOf(before: number, now: number): Direction {
  return now > before ? "up" : now < before ? "down" : "same";
}

/** `12.34` */
export function formatCents(cents: number): string {
  return (cents / 100).toFixed(2);
}

/** The watched symbols: those of a text that are symbols, each once. */
export function parseWatched(text: string | null): readonly string[] {
  return [...new Set((text ?? "").split(",").filter((symbol) => /^[A-Z]{3}$/.test(symbol)))];
}

/** With `symbol` when it was not watched, without it when it was. */
export function toggleWatched(watched: readonly string[], symbol: string): readonly string[] {
  return watched.includes(symbol) ? watched.filter((other) => other !== symbol) : [...watched, symbol];
}
