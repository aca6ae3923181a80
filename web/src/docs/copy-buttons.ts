import { element } from "./element.ts";

const saidForMs = 1500;

/** Gives every block of code a button. Where there is no clipboard, such as on a page over plain HTTP, it selects the code instead. */
export function addCopyButtons(): void {
  for (const figure of document.querySelectorAll<HTMLElement>("figure.code:not(.signature)")) {
    const code = figure.querySelector("code");
    if (code === null) continue;
    const button = element("button", { type: "button", class: "copy" }, "Copy");
    button.addEventListener("click", () => void copy(code, button));
    figure.append(button);
  }
}

async function copy(code: HTMLElement, button: HTMLButtonElement): Promise<void> {
  let said = "Copied";
  try {
    await navigator.clipboard.writeText(code.textContent ?? "");
  } catch {
    getSelection()?.selectAllChildren(code);
    said = "Selected";
  }
  button.textContent = said;
  setTimeout(() => (button.textContent = "Copy"), saidForMs);
}
