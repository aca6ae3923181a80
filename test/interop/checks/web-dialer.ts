import type { Dialed, Dialer, Ending } from "./dialer.ts";
import { Inbox } from "./inbox.ts";

/** The `WebSocket` of a browser, Node, Bun or Deno, or one of the same shape. */
export type WebSocketClass = new (url: string, protocols: string[]) => WebSocket;

/** A dialer out of a `WebSocket` class. Pages cannot ping, so it cannot either. */
export function webDialer(WebSocketClass: WebSocketClass): Dialer {
  return {
    canPing: false,
    open: ({ url, protocols }) => openSocket(WebSocketClass, url, protocols),
  };
}

function openSocket(WebSocketClass: WebSocketClass, url: string, protocols: readonly string[]): Promise<Dialed> {
  const socket = new WebSocketClass(url, [...protocols]);
  socket.binaryType = "arraybuffer";
  const inbox = new Inbox<string | Uint8Array>();
  socket.addEventListener("message", ({ data }: MessageEvent<string | ArrayBuffer>) => {
    inbox.put(typeof data === "string" ? data : new Uint8Array(data));
  });
  const closed = new Promise<Ending>((resolve) => {
    socket.addEventListener("close", ({ code, reason }) => {
      inbox.end(new Error(`closed with ${code} "${reason}"`));
      resolve({ code, reason });
    });
  });
  return new Promise((resolve, reject) => {
    socket.addEventListener("error", () => reject(new Error("no connection")));
    socket.addEventListener("open", () => {
      resolve({
        protocol: socket.protocol,
        extensions: socket.extensions,
        send: (data) => socket.send(typeof data === "string" ? data : new Uint8Array(data)),
        receive: () => inbox.take(),
        close: (code, reason) => socket.close(code, reason),
        closed,
      });
    });
  });
}
