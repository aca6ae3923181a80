/**
 * As much of a WHATWG WebSocket as the client uses. The browser's is one; so is the one `switchboard/client` brings on Node,
 * and a test's.
 */
export interface WebSocketLike {
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: "close", listener: (event: { readonly code: number; readonly reason: string }) => void): void;
  /** Set once, before anything comes. */
  binaryType?: "arraybuffer" | "blob";
  /** Called only while the socket is open. */
  send(data: string | Uint8Array<ArrayBuffer>): void;
  /** `code` is 1000 or absent. Before the socket is open this gives up opening it. */
  close(code?: number, reason?: string): void;
}

/** Starts to open a socket. A `close` event follows in any case, once it could not be opened (1006) or is closed. */
export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;
