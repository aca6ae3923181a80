import { readFileSync } from "node:fs";
import type { WebSocketConstructor, WebSocketLike } from "switchboard/client";
import { type ClientSocket, connect, type ConnectOptions } from "switchboard/engine";
import { certificate } from "../interop/harness/proxies.ts";

/** How clients reach a proxy. */
export type Way = "http" | "https" | "h2";

/** What the engine's client needs to go that way: it trusts the tests' certificate. */
export function optionsOf(way: Way): Pick<ConnectOptions, "tls" | "http2"> {
  return way === "http" ? {} : { tls: { ca: readFileSync(certificate) }, http2: way === "h2" };
}

/** A WebSocket for the library's client that goes that way. */
export function webSocketOf(way: Way): WebSocketConstructor {
  const options = optionsOf(way);
  return class implements WebSocketLike {
    readonly #events = new EventTarget();
    readonly #attempt = new AbortController();
    #socket: ClientSocket | undefined;

    constructor(url: string, protocols: readonly string[]) {
      void connect(url, {
        ...options,
        protocols,
        signal: this.#attempt.signal,
        message: (_socket, data) => this.#tell("message", { data }),
        close: (_socket, { code, reason }) => this.#tell("close", { code, reason }),
      }).then(
        (socket) => this.#open(socket),
        (error: Error) => this.#tell("close", { code: 1006, reason: error.message }),
      );
    }

    addEventListener(type: "message" | "close", listener: (event: never) => void): void {
      this.#events.addEventListener(type, (event) => listener(event as never)); // it has what its type needs
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

    #tell(type: "message" | "close", parts: object): void {
      this.#events.dispatchEvent(Object.assign(new Event(type), parts));
    }
  };
}
