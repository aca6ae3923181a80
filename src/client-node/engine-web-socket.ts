import type { WebSocketLike } from "../client/index.ts";
import { type ClientSocket, connect } from "../engine/index.ts";

interface Listeners {
  readonly message: (event: { readonly data: unknown }) => void;
  readonly close: (event: { readonly code: number; readonly reason: string }) => void;
}

/**
 * A gateway answers with more than it takes: a page of history has up to 1 MiB of data alone, or what its `maxPageBytes` says, and
 * whatever ends the line is asked for again on the next one. As `ws` has it.
 */
const maxMessageBytes = 100 * 2 ** 20;

/** The engine's client in the shape the gateway's client uses, so that it runs on a Node without a WebSocket of its own. */
export class EngineWebSocket implements WebSocketLike {
  readonly #listeners: { readonly [Type in keyof Listeners]: Listeners[Type][] } = { message: [], close: [] };
  readonly #attempt = new AbortController();
  #socket: ClientSocket | undefined;

  /** Starts to open; a `close` event follows in any case, with 1006 and what went wrong if it could not be opened. */
  constructor(url: string, protocols: readonly string[] = []) {
    const opening = connect(url, {
      protocols,
      maxMessageBytes,
      signal: this.#attempt.signal,
      message: (_socket, data) => this.#tell("message", { data }),
      close: (_socket, { code, reason }) => this.#tell("close", { code, reason }),
    });
    opening.then(
      (socket) => this.#open(socket),
      (error: Error) => this.#tell("close", { code: 1006, reason: error.message }),
    );
  }

  addEventListener<Type extends keyof Listeners>(type: Type, listener: Listeners[Type]): void {
    this.#listeners[type].push(listener);
  }

  send(data: string | Uint8Array): void {
    this.#socket?.send(data);
  }

  close(code?: number, reason?: string): void {
    this.#attempt.abort();
    this.#socket?.close(code, reason);
  }

  #open(socket: ClientSocket): void {
    this.#socket = socket;
    if (this.#attempt.signal.aborted) socket.close(); // given up just when it had succeeded
  }

  #tell<Type extends keyof Listeners>(type: Type, event: Parameters<Listeners[Type]>[0]): void {
    for (const listener of this.#listeners[type]) listener(event as never); // the listeners of a type take its event
  }
}
