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

/** What somebody asks with, and does not look for. */
const askingWords = new Set(
  "a an and are can do does for get how i in is it my of on or the to use what when where why with".split(" "),
);

/** The same for the index, which is built with the site, and for the page that searches it. */
export const searchOptions: Options<SearchDocument> = {
  fields: ["title", "page", "text"],
  storeFields: ["title", "page", "lead"],
  tokenize: splitWords,
  searchOptions: {
    boost: { title: 6, page: 2 },
    prefix: true,
    fuzzy: (term) => (term.length > 4 && !/\d/u.test(term) ? 0.2 : false),
    combineWith: "AND",
    processTerm: (word) => (askingWords.has(word.toLowerCase()) ? null : word.toLowerCase()),
  },
};

/**
 * How much a place counts for a query. The guide explains, the reference and the specification are for looking up, decisions and changes
 * for who wants to know why. A public name that was typed as it is called, `createGateway` but not `history`, is what is wanted.
 */
export function weighPlace(query: string, { id, title }: Pick<Found, "id" | "title">): number {
  const [, , shelf = ""] = id.split("#", 1)[0]?.split("/") ?? [];
  const isName =
    /[a-z\d][A-Z]|_/u.test(title) && splitWords(query).some((word) => word.toLowerCase() === title.toLowerCase());
  if (shelf === "api") return isName ? 4 : 0.08;
  if (shelf === "spec") return 0.15;
  if (shelf === "adr") return 0.1;
  return shelf === "changelog" ? 0.05 : 1;
}

/** Words, and the parts of names: `createGateway` is found by `gateway` too. */
export function splitWords(text: string): string[] {
  const words = text.split(/[^\p{L}\p{N}_]+/u).filter((word) => word !== "");
  const parts = words.flatMap((word) => {
    const humps = word.split(/(?<=[a-z\d])(?=[A-Z])|_/u).filter((part) => part !== "");
    return humps.length > 1 ? humps : [];
  });
  return [...words, ...parts];
}
