import type { Misdeed, Push, TraceEntry } from "switchboard/lab";
import { Store } from "../store.ts";
import { type Course, emptyCourse, follow } from "./course.ts";

/** How the page's own WebSocket stands, as the browser tells it. */
export interface LineState {
  readonly phase: "none" | "connecting" | "open" | "closing" | "closed";
  /** Of its end. */
  readonly code?: number;
  readonly reason?: string;
  readonly wasClean?: boolean;
  /** Whether it was open before it ended. */
  readonly wasOpen?: boolean;
}

/** This page's connection with the lab's server, and what the server saw of it. */
export class LabPageSession {
  readonly course = new Store<Course>(emptyCourse);
  readonly line = new Store<LineState>({ phase: "none" });
  /** Whether the server tells what it sees. */
  readonly isWatched = new Store(false);
  readonly #name = crypto
    .getRandomValues(new Uint8Array(16))
    .reduce((text, byte) => text + byte.toString(16).padStart(2, "0"), "");
  readonly #listeners = new Set<(data: string) => void>();
  #socket: WebSocket | undefined;

  /** Watches, and opens the first connection. */
  start(): void {
    const source = new EventSource(`/lab/api/trace?lab=${this.#name}`);
    source.addEventListener("open", () => {
      this.course.set(emptyCourse); // everything is told again
      const isFirst = this.#socket === undefined;
      this.isWatched.set(true);
      if (isFirst) this.connect();
    });
    source.addEventListener("error", () => this.isWatched.set(false));
    source.addEventListener("message", ({ data }) => {
      this.course.set(follow(this.course.get(), JSON.parse(data as string) as TraceEntry));
    });
  }

  /** Opens a connection, and lets the one before it go. */
  connect(options: { readonly misdeed?: Misdeed } = {}): void {
    const query = new URLSearchParams({ lab: this.#name, ...options });
    const url = new URL(`/lab/line?${query.toString()}`, location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    this.#socket?.close(1000, "The next one");
    const socket = new WebSocket(url, ["lab", "chat.example"]);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    this.line.set({ phase: "connecting" });
    const whenCurrent = (state: LineState): void => {
      if (this.#socket === socket) this.line.set(state);
    };
    let wasOpen = false;
    socket.addEventListener("open", () => {
      wasOpen = true;
      whenCurrent({ phase: "open" });
    });
    socket.addEventListener("message", ({ data }) => {
      if (typeof data === "string") for (const listener of this.#listeners) listener(data);
    });
    socket.addEventListener("close", ({ code, reason, wasClean }) => {
      whenCurrent({ phase: "closed", code, reason, wasClean, wasOpen });
    });
  }

  /** Calls with each text that comes. Returns the way to stop. */
  onText(listener: (data: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  send(data: string | Uint8Array<ArrayBuffer>): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(data);
  }

  close(code: number, reason: string): void {
    this.line.patch({ phase: "closing" });
    this.#socket?.close(code, reason);
  }

  /** Has the server say something. */
  push(push: Push): Promise<unknown> {
    return this.post("push", { push });
  }

  /** Asks the lab's server for something. @throws {Error} with its words. */
  async post<Answer>(call: string, body: object): Promise<Answer> {
    const response = await fetch(`/lab/api/${call}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ lab: this.#name, ...body }),
    });
    return readAnswer<Answer>(response);
  }

  async poll<Answer>(after: number): Promise<Answer> {
    return readAnswer<Answer>(await fetch(`/lab/api/race?race=${this.#name}&after=${after}`));
  }
}

async function readAnswer<Answer>(response: Response): Promise<Answer> {
  const body: unknown = await response.json();
  if (!response.ok) throw new Error((body as { readonly error: string }).error);
  return body as Answer;
}
