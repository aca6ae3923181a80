import { connect, type ConnectOptions, type EngineSocket } from "../../../src/engine/index.ts";
import type { Dialed, Dialer, Ending } from "./dialer.ts";
import { Inbox } from "./inbox.ts";

/** A dialer out of the engine's own `connect()`. */
export function engineDialer(options: ConnectOptions): Dialer {
  return {
    canPing: true,
    open: ({ url, protocols }) => openSocket(url, { ...options, protocols }),
  };
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
    extensions: socket.extensions,
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
