/** The checks, by ws. */
import { WebSocket } from "ws";
import { runChecks } from "../checks/checks.ts";
import type { Dialed, Dialer, Ending } from "../checks/dialer.ts";
import { Inbox } from "../checks/inbox.ts";
import { type ClientArguments, readArguments, sayResults } from "./arguments.ts";

const { url: target, deflate, abilities } = readArguments<ClientArguments>();

const dialer: Dialer = {
  canPing: true,
  open: ({ url, protocols }) => openSocket(url, protocols),
};

sayResults(await runChecks(dialer, target, abilities));

function openSocket(url: string, protocols: readonly string[]): Promise<Dialed> {
  const socket = new WebSocket(url, [...protocols], { perMessageDeflate: deflate });
  const messages = new Inbox<string | Uint8Array>();
  const pongs = new Inbox<Uint8Array>();
  const closed = new Promise<Ending>((resolve) => {
    socket.on("close", (code, reason) => {
      messages.end(new Error(`closed with ${code} "${reason.toString()}"`));
      resolve({ code, reason: reason.toString() });
    });
  });
  socket.on("message", (data: Buffer, isBinary) => messages.put(isBinary ? data : data.toString()));
  socket.on("pong", (data) => pongs.put(data));
  const dialed: Omit<Dialed, "protocol" | "extensions"> = {
    send: (data) => socket.send(data),
    receive: () => messages.take(),
    ping: (data) => {
      socket.ping(data);
      return pongs.take();
    },
    close: (code, reason) => socket.close(code, reason),
    closed,
  };
  return new Promise((resolve, reject) => {
    socket.on("error", reject);
    socket.on("open", () => resolve({ ...dialed, protocol: socket.protocol, extensions: socket.extensions }));
  });
}
