/** What a page of the guide gains from a program: a search, buttons that copy, and a mark on the heading that is being read. */
import { addCopyButtons } from "./copy-buttons.ts";
import { followReading } from "./follow-reading.ts";
import { addSearch } from "./search-dialog.ts";
import { trimTabStops } from "./tab-stops.ts";

const place = document.querySelector<HTMLElement>("[data-search]");
if (place !== null) addSearch(place);
addCopyButtons();
followReading();
trimTabStops();
