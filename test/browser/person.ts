/** A person at a browser of their own: a page of the chat, and what happened in it. */
import type { Browser, BrowserContextOptions, Locator, Page, WebSocket } from "playwright-core";

export interface Person {
  readonly page: Page;
  /** The page's WebSockets, in the order they were made. */
  readonly sockets: readonly WebSocket[];
  /** Frames this page has sent. */
  readonly sentFrames: readonly string[];
  /** Violations of the content security policy, and errors nobody caught. Must stay empty. */
  readonly faults: readonly string[];
  message(text: string): Locator;
  say(text: string): Promise<void>;
  close(): Promise<void>;
}

const desktop: BrowserContextOptions = { viewport: { width: 1280, height: 800 } };
export const phone: BrowserContextOptions = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/** Opens the chat's page in a context of its own; with a name, the person is in when it resolves. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = desktop,
): Promise<Person> {
  const context = await browser.newContext({ ...options, ignoreHTTPSErrors: true });
  const page = await context.newPage();
  const sockets: WebSocket[] = [];
  const sentFrames: string[] = [];
  const faults: string[] = [];
  page.on("websocket", (socket) => {
    sockets.push(socket);
    socket.on("framesent", ({ payload }) => sentFrames.push(String(payload)));
  });
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (entry) => {
    // A violation of the policy is told there, before any listener of the page could be.
    const isViolation = /Content Security Policy|requires 'Trusted/u.test(entry.text());
    if (isViolation && entry.type() === "error") faults.push(entry.text());
  });
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
      console.error(`Content Security Policy: ${violatedDirective} ${blockedURI}`);
    });
  });
  await page.goto(url);
  return {
    page,
    sockets,
    sentFrames,
    faults,
    message: (text) => page.getByRole("listitem").filter({ hasText: text }),
    say: async (text) => {
      await page.getByRole("textbox", { name: /^Message/ }).fill(text);
      await page.keyboard.press("Enter");
    },
    close: () => context.close(),
  };
}

export async function openChat(
  browser: Browser,
  url: string,
  name: string,
  options?: BrowserContextOptions,
): Promise<Person> {
  const person = await openPage(browser, url, options);
  await person.page.getByLabel("Your name", { exact: true }).fill(name);
  await person.page.keyboard.press("Enter");
  await person.page.getByRole("textbox", { name: /^Message/ }).waitFor();
  await person.page.getByText(/^Here now — /).waitFor({ state: "attached" });
  return person;
}
