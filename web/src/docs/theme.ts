/** The scheme that a person chose in the chat holds here too. Loaded before the page is painted, so that nothing flashes. */
import { browserStorage } from "../chat/key-value-storage.ts";
import { loadSettings } from "../chat/settings.ts";

showTheme();
// Chosen in another tab.
addEventListener("storage", showTheme);

function showTheme(): void {
  const { theme } = loadSettings(browserStorage());
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}
