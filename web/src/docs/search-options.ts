import type { Options } from "minisearch";

/** What can be found: a heading of a page, or a public name. */
export interface Found {
  /** The address, with its anchor. */
  readonly id: string;
  readonly title: string;
  /** The page it stands on. */
  readonly page: string;
  /** How the text under it begins. */
  readonly lead: string;
}

export type SearchDocument = Found & { readonly text: string };

/** The same for the index, which is built with the site, and for the page that searches it. */
export const searchOptions: Options<SearchDocument> = {
  fields: ["title", "page", "text"],
  storeFields: ["title", "page", "lead"],
  tokenize: splitWords,
  searchOptions: {
    boost: { title: 6, page: 2 },
    prefix: true,
    fuzzy: (term) => (term.length > 4 ? 0.2 : false),
    combineWith: "AND",
  },
};

/** Words, and the parts of names: `createGateway` is found by `gateway` too. */
export function splitWords(text: string): string[] {
  const words = text.split(/[^\p{L}\p{N}_]+/u).filter((word) => word !== "");
  const parts = words.flatMap((word) => {
    const humps = word.split(/(?<=[a-z\d])(?=[A-Z])|_/u).filter((part) => part !== "");
    return humps.length > 1 ? humps : [];
  });
  return [...words, ...parts];
}
