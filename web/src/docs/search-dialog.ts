import { element } from "./element.ts";
import { loadSearch, type Search } from "./search.ts";
import type { Found } from "./search-options.ts";

const maxResultCount = 12;

/** Puts the search's button at its place, and opens it with `/` or Ctrl-K too. */
export function addSearch(place: HTMLElement): void {
  const dialog = new SearchDialog();
  const button = element("button", { type: "button", class: "search-button" }, "Search", element("kbd", {}, "/"));
  button.addEventListener("click", () => dialog.open());
  place.append(button);
  document.body.append(dialog.root);
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target instanceof Element && event.target.matches("input, textarea, [contenteditable]");
    const isSlash = event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey;
    const isCommand = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey);
    if (!isSlash && !isCommand) return;
    event.preventDefault();
    dialog.open();
  });
}

/** A combobox in a dialog: arrows choose, Enter goes there, Escape closes. */
class SearchDialog {
  readonly root: HTMLDialogElement;
  readonly #input: HTMLInputElement;
  readonly #list: HTMLElement;
  readonly #status: HTMLElement;
  #search: Promise<Search> | undefined;
  #chosen = -1;

  constructor() {
    this.#input = element("input", {
      type: "search",
      role: "combobox",
      placeholder: "Search the guide and the API",
      "aria-label": "Search the guide and the API",
      "aria-expanded": "false",
      "aria-controls": "search-results",
      "aria-autocomplete": "list",
      autocomplete: "off",
      spellcheck: "false",
    });
    this.#list = element("div", { role: "listbox", id: "search-results", "aria-label": "Results" });
    this.#status = element("p", { role: "status", class: "search-status" });
    const close = element("button", { type: "button", class: "search-close" }, "Close");
    close.addEventListener("click", () => this.root.close());
    const head = element("div", { class: "search-head" }, this.#input, close);
    this.root = element("dialog", { class: "search", "aria-label": "Search" }, head, this.#status, this.#list);
    this.#input.addEventListener("input", () => void this.#find());
    this.root.addEventListener("keydown", (event) => this.#handleKey(event));
    // A click beside it is one on the dialog itself.
    this.root.addEventListener("click", (event) => {
      if (event.target === this.root) this.root.close();
      // On the page that is shown already only the anchor changes, and nothing else would close the dialog.
      if (event.target instanceof Element && event.target.closest("a") !== null) this.root.close();
    });
  }

  open(): void {
    if (!this.root.open) this.root.showModal();
    this.#input.select();
    this.#search ??= loadSearch();
    void this.#find();
  }

  async #find(): Promise<void> {
    const query = this.#input.value;
    try {
      const search = await (this.#search ??= loadSearch());
      if (query === this.#input.value) this.#show(query, search(query));
    } catch {
      this.#search = undefined; // the next letter tries again
      this.#status.textContent = "The index could not be loaded.";
    }
  }

  #show(query: string, found: readonly Found[]): void {
    const shown = found.slice(0, maxResultCount);
    this.#list.replaceChildren(...shown.map(makeOption));
    this.#input.setAttribute("aria-expanded", String(shown.length > 0));
    if (query.trim() === "") this.#status.textContent = "Names of the API are found by their parts: try “gateway”.";
    else if (shown.length === 0) this.#status.textContent = `Nothing is called or says “${query}”.`;
    else this.#status.textContent = `${found.length} ${found.length === 1 ? "place" : "places"}`;
    this.#choose(shown.length > 0 ? 0 : -1);
  }

  #choose(index: number): void {
    const options = [...this.#list.children];
    options[this.#chosen]?.setAttribute("aria-selected", "false");
    this.#chosen = index;
    const option = options[index];
    if (option === undefined) return this.#input.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    this.#input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  #handleKey(event: KeyboardEvent): void {
    const options = this.#list.children;
    const count = options.length;
    if (event.target !== this.#input || count === 0) return;
    if (event.key === "ArrowDown") this.#choose((this.#chosen + 1) % count);
    else if (event.key === "ArrowUp") this.#choose((this.#chosen - 1 + count) % count);
    else if (event.key === "Enter") (options[this.#chosen] as HTMLAnchorElement | undefined)?.click();
    else return;
    event.preventDefault();
  }
}

function makeOption({ id, lead, page, title }: Found, index: number): HTMLElement {
  const where = title === page ? "" : page;
  return element(
    "a",
    { role: "option", id: `search-result-${index}`, href: id, tabindex: "-1", "aria-selected": "false" },
    element("strong", {}, title),
    element("small", {}, where),
    element("span", {}, lead),
  );
}
