import type { Duplex } from "node:stream";
import { readDirectly } from "./direct-io.ts";

/** Who hears what happens on one socket. */
export interface SocketListener {
  /** What came is `chunk[0, end)`, by default all of it; it is the listener's until it returns. */
  handleData(chunk: Buffer, end?: number): void;
  handleEnd(): void;
  handleError(error: Error): void;
  handleClose(): void;
}

const listenerName = Symbol("listener");

interface ListenedSocket extends Duplex {
  [listenerName]?: SocketListener;
}

/** Tells `listener` of errors and of the end. One function serves all sockets, which find their listener by themselves. */
export function listenToFate(socket: Duplex, listener: SocketListener): void {
  (socket as ListenedSocket)[listenerName] = listener;
  socket.on("error", tellError).on("close", tellClose);
}

/** Tells the listener of {@link listenToFate} what comes. Begins paused or not, as the socket is. */
export function listenToData(socket: Duplex, isDirect: boolean): void {
  socket.on("end", tellEnd);
  if (!isDirect || !readDirectly(socket, tellData)) socket.on("data", tellData);
}

function tellData(this: ListenedSocket, chunk: Buffer, end?: number): void {
  this[listenerName]?.handleData(chunk, end);
}

function tellEnd(this: ListenedSocket): void {
  this[listenerName]?.handleEnd();
}

function tellError(this: ListenedSocket, error: Error): void {
  this[listenerName]?.handleError(error);
}

function tellClose(this: ListenedSocket): void {
  this[listenerName]?.handleClose();
}
