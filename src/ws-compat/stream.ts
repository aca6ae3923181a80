import { Duplex, type DuplexOptions } from "node:stream";
import type { WebSocket } from "./web-socket.ts";

/** A stream of what `socket` receives, whose writes are messages. Its end closes the socket; its destruction cuts it. */
export function createWebSocketStream(socket: WebSocket, options: DuplexOptions = {}): Duplex {
  const whenOpen = (act: () => void): void => {
    if (socket.readyState === socket.CONNECTING) socket.once("open", act);
    else act();
  };
  const stream = new Duplex({
    ...options,
    objectMode: false,
    writableObjectMode: false,
    read: () => socket.isPaused && socket.resume(),
    write: (chunk: Buffer, _encoding, done) => whenOpen(() => socket.send(chunk, (error) => done(error))),
    final: (done) =>
      whenOpen(() => {
        if (socket._socket === null) return; // the handshake has failed, which is an error on its way
        if (socket._socket.writableFinished) return done();
        socket._socket.once("finish", () => done());
        socket.close();
      }),
    destroy: (error, done) => {
      if (socket.readyState === socket.CLOSED) return done(error);
      // An error that is on its way already is told all the same.
      let fault = error;
      socket.once("error", (late) => (fault ??= late));
      socket.once("close", () => done(fault));
      // After an error the close frame is on its way already.
      if (error === null || socket.readyState === socket.OPEN) socket.terminate();
    },
  });
  stream.on("end", () => stream.writableFinished && stream.destroy());
  socket.on("message", (data, isBinary) => {
    // Text is a Buffer whatever binaryType says.
    const chunk: unknown = !isBinary && stream.readableObjectMode ? (data as Buffer).toString() : data;
    if (!stream.push(chunk)) socket.pause();
  });
  socket.once("error", (error) => stream.destroy(error));
  socket.once("close", () => stream.destroyed || stream.push(null));
  return stream;
}
