type Compare<Item> = (a: Item, b: Item) => number;

/**
 * What would be at `[from, to)` of the list if it were sorted, without sorting the rest: Hoare's quickselect, 1961. Changes the list's order.
 *
 * @param compare - never 0 for two different items.
 */
export function pickSorted<Item>(
  list: Item[],
  { from, to }: { readonly from: number; readonly to: number },
  compare: Compare<Item>,
): readonly Item[] {
  const end = Math.min(to, list.length);
  let [low, high] = [0, list.length];
  // Parts that hold neither end of the window are left as they are.
  while (high - low > 2 * (end - from) && high - low > 16) {
    const middle = partition(list, { low, high }, compare);
    if (middle >= end) high = middle;
    else if (middle < from) low = middle + 1;
    else break;
  }
  const part = list.slice(low, high).sort(compare);
  return part.slice(from - low, end - low);
}

/** Puts what is smaller before one of the items, and what is larger behind it. @returns where that is now. */
function partition<Item>(
  list: Item[],
  { high, low }: { readonly low: number; readonly high: number },
  compare: Compare<Item>,
): number {
  // By lot: no order that somebody chooses his names for makes this take the square of its time.
  swap(list, low + Math.floor(Math.random() * (high - low)), high - 1);
  const pivot = list[high - 1] as Item;
  let at = low;
  for (let index = low; index < high - 1; index += 1) {
    if (compare(list[index] as Item, pivot) < 0) swap(list, index, at++);
  }
  swap(list, at, high - 1);
  return at;
}

function swap<Item>(list: Item[], one: number, other: number): void {
  const kept = list[one] as Item;
  list[one] = list[other] as Item;
  list[other] = kept;
}
