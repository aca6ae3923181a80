import MiniSearch, { type SearchResult } from "minisearch";
import { type Found, type SearchDocument, searchOptions, weighPlace } from "./search-options.ts";

const fewCount = 3;

/** What having every word counts for, against places of the guide that have some. */
const everyWordFactor = 3;

/** Gives what a query finds, the best first. */
export type Search = (query: string) => readonly Found[];

/** Loads the index that was built with the site. Rejects when it cannot be had. */
export async function loadSearch(): Promise<Search> {
  const answer = await fetch("/docs/search.json");
  if (!answer.ok) throw new Error(`Cannot load the search's index: the server said ${answer.status}`);
  return makeSearch(await answer.text());
}

/** @param json - a serialised index. Where few places have every word, those with some of them are given too. */
export function makeSearch(json: string): Search {
  const index = MiniSearch.loadJSON<SearchDocument>(json, searchOptions);
  return (query) => {
    // The document's id is its address, a string; MiniSearch says `any`.
    const boostDocument = (id: string, _word: string, fields?: Record<string, unknown>): number =>
      weighPlace(query, { id, title: String(fields?.["title"]) });
    const full = index.search(query, { boostDocument });
    if (full.length >= fewCount) return listFound(full);
    const ids = new Set(full.map(({ id }) => id as string));
    const partial = index.search(query, { boostDocument, combineWith: "OR" });
    const worth = ({ id, score }: SearchResult): number => score * (ids.has(id as string) ? everyWordFactor : 1);
    return listFound(partial.toSorted((one, other) => worth(other) - worth(one)));
  };
}

/** The index stores exactly these fields. */
function listFound(results: readonly SearchResult[]): readonly Found[] {
  return results as unknown as readonly Found[];
}
