import MiniSearch from "minisearch";
import { expect, test } from "vitest";
import { makeSearch } from "./search.ts";
import { type SearchDocument, searchOptions, splitWords } from "./search-options.ts";

const documents: SearchDocument[] = [
  {
    id: "/docs/api/switchboard#creategateway",
    title: "createGateway",
    page: "switchboard",
    lead: "Makes a gateway.",
    text: "Makes a gateway.",
  },
  {
    id: "/docs/channels",
    title: "Channels",
    page: "Channels",
    lead: "A channel is",
    text: "A gateway has channels, made by createGateway",
  },
  { id: "/docs/gap", title: "Gap", page: "Concepts", lead: "A log has limits", text: "presence and conflation" },
];
const index = new MiniSearch(searchOptions);
index.addAll(documents);
const search = makeSearch(JSON.stringify(index));
const find = (query: string): readonly string[] => search(query).map(({ id }) => id);

test("[GD5] a name is found by its beginning, by its parts and in spite of a slip, what is called so before what says so", () => {
  expect(find("createGateway")).toEqual(["/docs/api/switchboard#creategateway", "/docs/channels"]);
  expect(find("createGat")).toContain("/docs/api/switchboard#creategateway");
  expect(find("gateway")).toContain("/docs/api/switchboard#creategateway");
  expect(find("conflatoin")).toEqual(["/docs/gap"]);
  expect(find("channels")[0]).toBe("/docs/channels");
  expect(find("nothing")).toEqual([]);
  expect(search("Gap")[0]).toMatchObject({ title: "Gap", page: "Concepts", lead: "A log has limits" });
});

test("[GD5] the guide comes before what one looks up, and words that only ask are not looked for", () => {
  expect(find("gateway")[0]).toBe("/docs/channels");
  expect(find("how do I use conflation?")).toEqual(["/docs/gap"]);
});

test("[GD5] where few places have every word, those with some of them are given too", () => {
  expect(find("gateway channels")[0]).toBe("/docs/channels");
  expect(find("presence of a gateway")).toHaveLength(3);
  expect(find("presence of a unicorn")).toEqual(["/docs/gap"]);
});

test("[GD5] words are what stands between other signs, and the humps of names", () => {
  expect(splitWords("gateway.subscribe({ userId }), RATE_LIMITED")).toEqual([
    "gateway",
    "subscribe",
    "userId",
    "RATE_LIMITED",
    "user",
    "Id",
    "RATE",
    "LIMITED",
  ]);
});
