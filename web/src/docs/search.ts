import MiniSearch from "minisearch";
import { type Found, type SearchDocument, searchOptions } from "./search-options.ts";

/** Gives what a query finds, the best first. */
export type Search = (query: string) => readonly Found[];

/** Loads the index that was built with the site. Rejects when it cannot be had. */
export async function loadSearch(): Promise<Search> {
  const answer = await fetch("/docs/search.json");
  if (!answer.ok) throw new Error(`Cannot load the search's index: the server said ${answer.status}`);
  return makeSearch(await answer.text());
}

/** @param json - a serialised index. */
export function makeSearch(json: string): Search {
  const index = MiniSearch.loadJSON<SearchDocument>(json, searchOptions);
  // The index stores exactly these fields.
  return (query) => index.search(query) as unknown as readonly Found[];
}
