import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import { connect, type ConnectOptions, type EngineSocket } from "../../../src/engine/index.ts";
import type { Dialed, Dialer, Ending } from "./dialer.ts";
import { Inbox } from "./inbox.ts";

/** What {@link ConnectOptions} has, or will have once the client of HTTP/2 is there. */
export type DialerOptions = ConnectOptions & { readonly http2?: boolean };

/** A dialer out of the engine's own `connect()`. */
export function engineDialer(options: DialerOptions): Dialer {
  return {
    canPing: true,
    open: ({ url, protocols }) => openSocket(url, { ...options, protocols }),
    canReadExtensions: "bun" in process.versions || "deno" in process.versions ? false : options.http2 !== true,
    async readExtensions(url) {
      const head = readFirstHead();
      const socket = await openSocket(url, { ...options, protocols: [] });
      socket.close(1000, "");
      await socket.closed;
      return /^Sec-WebSocket-Extensions: *(.*)\r$/im.exec(await head)?.[1] ?? "";
    },
  };
}

/** The response head on the next socket this process opens: a connection does not tell its extensions itself. */
function readFirstHead(): Promise<string> {
  return new Promise((resolve) => {
    const watch = (message: unknown): void => {
      unsubscribe("net.client.socket", watch);
      const { socket } = message as { socket: Socket }; // as the documentation of node:diagnostics_channel has it
      socket.once("data", (chunk: Buffer) => resolve(chunk.toString("latin1")));
    };
    subscribe("net.client.socket", watch);
  });
}

async function openSocket(url: string, options: ConnectOptions): Promise<Dialed> {
  const messages = new Inbox<string | Uint8Array>();
  const pongs = new Inbox<Uint8Array>();
  const { promise: closed, resolve } = createPromise<Ending>();
  const socket: EngineSocket = await connect(url, {
    ...options,
    message: (_socket, data) => messages.put(data),
    pong: (_socket, data) => pongs.put(data),
    close: (_socket, { code, reason }) => {
      messages.end(new Error(`closed with ${code} "${reason}"`));
      resolve({ code, reason });
    },
  });
  return {
    protocol: socket.protocol,
    send: (data) => void socket.send(data),
    receive: () => messages.take(),
    ping: (data) => {
      socket.ping(data);
      return pongs.take();
    },
    close: (code, reason) => socket.close(code, reason),
    closed,
  };
}

function createPromise<Value>(): { promise: Promise<Value>; resolve: (value: Value) => void } {
  let resolve: (value: Value) => void = () => {};
  const promise = new Promise<Value>((fulfil) => (resolve = fulfil));
  return { promise, resolve };
}
