import {
  type Connection,
  type DeflateParameters,
  type InflateResult,
  isMessageBytes,
  type MessageCodec,
  type PieceDeflater,
  type PreparedMessage,
  type Role,
} from "../protocol/index.ts";
import type { CompressionBudget } from "./compression-budget.ts";
import { type CompressionDiagnostics, tellCompression } from "./diagnostics.ts";
import { type Deflater, inflate, sharedDeflater } from "./deflate.ts";
import { History } from "./history.ts";
import { inflatedPieceBytes, InflatingMessage } from "./inflating-message.ts";
import { byteCountOf, type MessageData } from "./queue-message.ts";
import { requirePrepared } from "./require-prepared.ts";
import type { EngineSocket } from "./sockets.ts";

/** What a {@link Codec} is made from. */
export interface CodecOptions {
  readonly role: Role;
  /** What both ends agreed on. */
  readonly parameters: DeflateParameters;
  readonly thresholdBytes: number;
  readonly level: number;
  readonly memLevel: number;
  readonly budget: CompressionBudget;
}

/** The compression of one connection. Without context takeover it holds no memory between messages. */
export class Codec implements MessageCodec {
  readonly thresholdBytes: number;
  readonly #role: Role;
  readonly #budget: CompressionBudget;
  /** Absent for a window of 8 bits, which zlib cannot keep to: then nothing is compressed. */
  readonly #deflater: Deflater | undefined;
  readonly #ourWindowBits: number;
  readonly #peerWindowBits: number;
  readonly #sent: History | undefined;
  readonly #received: History | undefined;
  readonly #historyBytes: number;
  #heldBytes = 0;
  /** The message that is being inflated while it is read. */
  #inflating: InflatingMessage | undefined;
  #socket: EngineSocket | undefined;

  constructor(options: CodecOptions) {
    const { role, parameters, level, memLevel, budget } = options;
    const { ours, peers } = sides(role, parameters);
    this.thresholdBytes = options.thresholdBytes;
    this.#role = role;
    this.#budget = budget;
    this.#deflater = ours.windowBits > 8 ? sharedDeflater({ windowBits: ours.windowBits, level, memLevel }) : undefined;
    this.#ourWindowBits = ours.windowBits;
    this.#peerWindowBits = peers.windowBits;
    this.#sent = ours.takesOver ? new History(ours.windowBits) : undefined;
    this.#received = peers.takesOver ? new History(peers.windowBits) : undefined;
    this.#historyBytes = historyBytes(parameters);
    budget.takeHistory(this.#historyBytes);
  }

  /** The socket this is for: `switchboard:compression` tells it with each message. */
  serve(socket: EngineSocket): this {
    this.#socket = socket;
    return this;
  }

  deflate(message: Uint8Array): Uint8Array | undefined {
    const compressed = this.#deflater?.deflate(message, this.#sent?.dictionary);
    if (compressed !== undefined) this.#sent?.append(message);
    this.#tell("out", message.length, (compressed ?? message).length);
    return compressed;
  }

  deflatePieces(): PieceDeflater | undefined {
    const deflater = this.#deflater;
    if (deflater === undefined) return undefined;
    const history = this.#sent ?? new History(this.#ourWindowBits);
    let [messageBytes, payloadBytes] = [0, 0];
    return (piece, isFinal) => {
      const compressed = deflater.deflatePiece(piece, { history, isFinal });
      messageBytes += piece.length;
      payloadBytes += compressed.length;
      if (isFinal) this.#tell("out", messageBytes, payloadBytes);
      return compressed;
    };
  }

  inflate(compressed: Uint8Array, limitBytes: number): InflateResult {
    const roomBytes = this.#budget.inflatedRoomBytes;
    const result = inflate(compressed, {
      windowBits: this.#peerWindowBits,
      limitBytes: Math.min(limitBytes, roomBytes),
      history: this.#received,
    });
    if (result.type === "inflated") {
      this.#hold(result.data.length);
      this.#tell("in", result.data.length, compressed.length);
    } else if (result.fault === "tooBig" && roomBytes < limitBytes) return { type: "fault", fault: "overloaded" };
    return result;
  }

  /** Begins a message that is inflated while it is read, one at a time. `undefined` if there is no memory for it now. */
  inflatePieces(isText: boolean, limitBytes: number): InflatingMessage | undefined {
    const windowBits = this.#peerWindowBits;
    const heldBytes = 2 ** windowBits + inflatedPieceBytes;
    if (heldBytes > this.#budget.inflatedRoomBytes) return undefined;
    this.#budget.takeInflated(heldBytes);
    this.#inflating = new InflatingMessage({
      isText,
      windowBits,
      limitBytes,
      history: this.#received,
      onEnd: (whole) => {
        this.#budget.takeInflated(-heldBytes);
        if (whole !== undefined) this.#tell("in", whole.messageBytes, whole.payloadBytes);
      },
    });
    return this.#inflating;
  }

  /**
   * The frame of a prepared message for this connection, compressed. It refers to no earlier message, so that it is the same for all;
   * later ones may refer to it.
   */
  frameOf(message: PreparedMessage): Uint8Array {
    const frame = this.#deflater && message.compressedFrame(this.#deflater);
    if (frame !== undefined) this.#sent?.append(message.payload);
    this.#tell("out", message.payload.length, payloadBytesOf(frame ?? message.frame));
    return frame ?? message.frame;
  }

  /** All that was inflated has been given to a handler. */
  release(): void {
    this.#hold(-this.#heldBytes);
  }

  /** The connection is gone. To be called once. */
  close(): void {
    this.release();
    this.#inflating?.end();
    this.#budget.takeHistory(-this.#historyBytes);
  }

  #tell(direction: CompressionDiagnostics["direction"], messageBytes: number, payloadBytes: number): void {
    const socket = this.#socket;
    if (socket === undefined) return; // it serves by itself, as in `PerMessageDeflate` of `switchboard/ws`
    tellCompression({ role: this.#role, socket, direction, messageBytes, payloadBytes });
  }

  #hold(byteCount: number): void {
    this.#heldBytes += byteCount;
    this.#budget.takeInflated(byteCount);
  }
}

/** What a connection with these parameters remembers at most. */
export function historyBytes(parameters: DeflateParameters): number {
  const server = parameters.serverNoContextTakeover ? 0 : 2 ** parameters.serverMaxWindowBits;
  const client = parameters.clientNoContextTakeover ? 0 : 2 ** parameters.clientMaxWindowBits;
  return server + client;
}

interface Side {
  readonly takesOver: boolean;
  readonly windowBits: number;
}

function sides(role: Role, parameters: DeflateParameters): { readonly ours: Side; readonly peers: Side } {
  const server = { takesOver: !parameters.serverNoContextTakeover, windowBits: parameters.serverMaxWindowBits };
  const client = { takesOver: !parameters.clientNoContextTakeover, windowBits: parameters.clientMaxWindowBits };
  return role === "server" ? { ours: server, peers: client } : { ours: client, peers: server };
}

/** Whether a message is long enough to be compressed. */
export function isToCompress(data: MessageData, codec: Codec, role: Role): boolean {
  return byteCountOf(data, role) >= codec.thresholdBytes;
}

/** The compressed frame of a message; of a prepared one the same bytes for every receiver of its kind. */
export function compressedFrame(
  data: MessageData,
  { connection, codec, role }: { readonly connection: Connection; readonly codec: Codec; readonly role: Role },
): Uint8Array {
  if (typeof data === "string") return connection.sendText(data, { compress: true });
  if (data instanceof Uint8Array) return connection.sendBinary(data, { compress: true });
  if (isMessageBytes(data)) return connection.sendBytes(data, { compress: true });
  return codec.frameOf(requirePrepared(data, role));
}

/** How long the payload of a server's frame is, by the form of its length (RFC 6455 §5.2). */
function payloadBytesOf(frame: Uint8Array): number {
  const length = frame[1] as number;
  return frame.length - (length < 126 ? 2 : length === 126 ? 4 : 10);
}
