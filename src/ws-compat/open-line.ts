import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { adoptSocket, type AdoptedSocket, type AdoptOptions } from "../engine/index.ts";
import type { PerMessageDeflate } from "./permessage-deflate.ts";
import type { GenerateMask } from "./sender.ts";

/** How `setSocket` takes a socket over. Sizes in bytes; 0 is unlimited. */
export interface SocketOptions {
  readonly maxPayload?: number | undefined;
  readonly maxFragments?: number | undefined;
  /** A client's masks. Default: from a CSPRNG, and nothing else should do. */
  readonly generateMask?: GenerateMask | undefined;
}

/** What a line of the engine is opened with, in the terms of `ws`. */
export interface OpenLineOptions extends SocketOptions {
  readonly maxPayload: number;
  readonly isServer: boolean;
  readonly socket: Duplex;
  readonly head: Uint8Array;
  readonly protocol: string;
  readonly deflate: PerMessageDeflate | undefined;
  readonly autoPong: boolean | undefined;
  readonly closeTimeout: number | undefined;
}

/** Who is told of what comes. */
export type LineListeners = Pick<AdoptOptions, "messageBytes" | "ping" | "pong" | "close" | "hooks">;

/** Begins to speak WebSocket on a socket, with the engine's strictness and without what a user of `ws` does by himself. */
export function openLine(options: OpenLineOptions, listeners: LineListeners): AdoptedSocket {
  const { socket, generateMask } = options;
  if (socket instanceof Socket) socket.setTimeout(0).setNoDelay(true);
  return adoptSocket({
    ...listeners,
    role: options.isServer ? "server" : "client",
    socket,
    head: options.head,
    protocol: options.protocol,
    codec: options.deflate?.createCodec(),
    createMaskingKey: generateMask && createKeys(generateMask),
    answersCloses: false,
    directIo: false, // `_socket` is shown, and its listeners for `data` and its counts are to be as in `ws`
    answersPings: options.autoPong !== false,
    // `ws` leaves heartbeats and queues to its users: what it does not do by itself a drop-in must not do either.
    pingAfterMs: Infinity,
    deadAfterMs: Infinity,
    stalledAfterMs: Infinity,
    messageTimeoutMs: Infinity,
    maxPingCount: Infinity,
    highWaterBytes: Infinity,
    maxQueuedBytes: Infinity,
    closeTimeoutMs: options.closeTimeout ?? 30_000,
    maxMessageBytes: unlimitedIfZero(options.maxPayload),
    maxFragmentCount: unlimitedIfZero(options.maxFragments ?? 16 * 1024),
    error: throwLater,
  });
}

function unlimitedIfZero(limit: number): number {
  return limit > 0 ? limit : Infinity;
}

/** `ws` has its masks written into a buffer, the engine takes them as a number. */
function createKeys(generateMask: GenerateMask): () => number {
  const mask = Buffer.alloc(4);
  return () => {
    generateMask(mask);
    return mask.readInt32BE(0);
  };
}

/** A listener that throws ends the process unless `uncaughtException` is handled: so it is with every `EventEmitter`. */
function throwLater(error: unknown): void {
  process.nextTick(() => {
    throw error;
  });
}
