import {
  type Action,
  type ConsoleFacts,
  type ConsoleSample,
  keptSampleCount,
  type PageMessage,
  type ServerMessage,
  type TableName,
  type TablePage,
  type TableQuery,
  type TapTarget,
} from "switchboard/console";
import { Store } from "../store.ts";
import { applyPage, emptyTable, type TableState } from "./table-state.ts";
import { noTap, startTap, takeFrames, type TapState } from "./tap-state.ts";

/** How the page stands with the gateway. */
export type Link =
  | { readonly phase: "needsKey"; readonly reason: string }
  | { readonly phase: "connecting" }
  | { readonly phase: "live" }
  /** `sinceMs`: when it was heard of last. */
  | { readonly phase: "lost"; readonly sinceMs: number; readonly retryAtMs: number; readonly reason: string };

/** What came of an action, or went wrong. */
export interface Notice {
  readonly text: string;
  readonly isBad: boolean;
}

const keyName = "switchboard-console-key";
const [firstRetryMs, lastRetryMs] = [1_000, 10_000];
/** The server tells something every second: who says nothing for so long is gone, whatever TCP thinks. */
const silentMs = 5_000;
/** The close codes that another try does not help: 4500-4999. */
const isFinal = (code: number): boolean => code >= 4500 && code < 5000;

/** What the session needs of its surroundings. */
export interface Surroundings {
  readonly url: string;
  readonly storage: Pick<Storage, "getItem" | "setItem" | "removeItem">;
  readonly WebSocket: typeof WebSocket;
}

/** The page's line to the gateway, and what it was told. */
export class ConsoleSession {
  readonly link = new Store<Link>({ phase: "connecting" });
  readonly facts = new Store<ConsoleFacts | undefined>(undefined);
  readonly samples = new Store<readonly ConsoleSample[]>([]);
  readonly tables: { readonly [Name in TableName]: Store<TableState<Name>> } = {
    connections: new Store(emptyTable<"connections">()),
    channels: new Store(emptyTable<"channels">()),
  };
  readonly tap = new Store<TapState>(noTap);
  readonly notice = new Store<Notice | undefined>(undefined);
  readonly #around: Surroundings;
  readonly #watches = new Map<TableName, PageMessage & { readonly type: "watch" }>();
  #socket: WebSocket | undefined;
  #retryMs = firstRetryMs;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #heardAtMs = Date.now();
  #actionCount = 0;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /** @param key - of the page's address; without one, what was used before in this tab. */
  start(key: string | undefined): void {
    if (key !== undefined) this.#around.storage.setItem(keyName, key);
    const known = this.#around.storage.getItem(keyName);
    if (known === null) this.link.set({ phase: "needsKey", reason: "" });
    else this.#connect(known);
  }

  /** Tries again at once. */
  retry(): void {
    this.start(undefined);
  }

  watch<Name extends TableName>(table: Name, query: TableQuery<Name>): void {
    // A query and its table's name belong together, which the compiler does not see of a type parameter.
    const message = { type: "watch", table, query } as unknown as PageMessage & { readonly type: "watch" };
    this.#watches.set(table, message);
    this.#say(message);
  }

  unwatch(table: TableName): void {
    this.#watches.delete(table);
    this.#say({ type: "unwatch", table });
  }

  startTap(target: TapTarget): void {
    this.tap.set(startTap(target));
    this.#say({ type: "tap", target });
  }

  stopTap(): void {
    this.tap.patch({ isRunning: false, endedBecause: "You stopped it" });
    this.#say({ type: "untap" });
  }

  act(action: Action): void {
    this.#actionCount += 1;
    this.#say({ type: "act", id: this.#actionCount, action });
  }

  // ---- the line

  #connect(key: string): void {
    clearTimeout(this.#retry);
    const socket = new this.#around.WebSocket(this.#around.url);
    this.#socket?.close();
    this.#socket = socket;
    if (this.link.get().phase !== "lost") this.link.set({ phase: "connecting" });
    socket.addEventListener("open", () => {
      if (this.#socket === socket) this.#say({ type: "hello", key });
    });
    socket.addEventListener("message", ({ data }) => {
      if (this.#socket === socket) this.#hear(JSON.parse(data as string) as ServerMessage);
    });
    socket.addEventListener("close", ({ code, reason }) => {
      if (this.#socket === socket) this.#lost(code, reason);
    });
  }

  #lost(code: number, reason: string): void {
    clearTimeout(this.#silence);
    this.#socket = undefined;
    const endedBecause = "The line to the gateway was lost";
    if (this.tap.get().isRunning) this.tap.patch({ isRunning: false, endedBecause });
    if (isFinal(code)) {
      this.#around.storage.removeItem(keyName);
      this.link.set({ phase: "needsKey", reason });
      return;
    }
    const retryAtMs = Date.now() + this.#retryMs;
    this.link.set({ phase: "lost", sinceMs: this.#heardAtMs, retryAtMs, reason });
    this.#retry = setTimeout(() => this.start(undefined), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, lastRetryMs);
  }

  #say(message: PageMessage): void {
    const { WebSocket } = this.#around;
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #hear(message: ServerMessage): void {
    this.#heardAtMs = Date.now();
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      const socket = this.#socket;
      this.#lost(1006, "It says nothing any more");
      socket?.close();
    }, silentMs);
    this.#take(message);
  }

  #take(message: ServerMessage): void {
    switch (message.type) {
      case "welcome":
        return this.#welcome(message.facts, message.samples);
      case "sample":
        return this.samples.set([...this.samples.get(), message.sample].slice(-keptSampleCount));
      case "rows":
        if (message.table === "connections") patchTable(this.tables.connections, message);
        else patchTable(this.tables.channels, message);
        return;
      case "frames":
        return this.tap.set(takeFrames(this.tap.get(), message));
      case "untapped":
        return this.tap.patch({ isRunning: false, endedBecause: message.reason });
      case "acted":
        return this.notice.set({ text: message.says, isBad: false });
      case "failed":
        return this.notice.set({ text: message.error, isBad: true });
      default:
        message satisfies never;
    }
  }

  #welcome(facts: ConsoleFacts, samples: readonly ConsoleSample[]): void {
    this.#retryMs = firstRetryMs;
    this.facts.set(facts);
    this.samples.set(samples);
    this.link.set({ phase: "live" });
    for (const watch of this.#watches.values()) this.#say(watch);
  }
}

function patchTable<Name extends TableName>(table: Store<TableState<Name>>, page: TablePage<Name>): void {
  table.set(applyPage(table.get(), page));
}
