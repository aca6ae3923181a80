/** A command's connection to a gateway: greeted, authenticated, and with an answer for each request. */
import { type ClientSocket, type CloseInfo, connect, type ConnectOptions } from "../engine/index.ts";
import {
  type AppErrorCode,
  type CallOp,
  type ClientOp,
  decodeServerFrame,
  encodeClientOp,
  encodeClientOpWithData,
  type EphemeralOp,
  type ErrorCode,
  type HelloMessage,
  type PublishOp,
  type ServerMessage,
  subprotocol,
  type WireError,
  type WithDataText,
} from "../wire/index.ts";

/** `CLOSED`: the line ended before the answer. `NO_GATEWAY`: what is there is none. `SILENT`: it does not answer. Else the gateway's own. */
export type LineErrorCode = ErrorCode | AppErrorCode | "CLOSED" | "NO_GATEWAY" | "SILENT";

/** Why there is no line, or no answer on it. */
export class LineError extends Error {
  override readonly name = "LineError";
  readonly code: LineErrorCode;
  /** When to try again, where the gateway says so. */
  readonly retryAfterMs: number | undefined;
  /** How the line ended, of `CLOSED`. */
  readonly close: CloseInfo | undefined;

  constructor(
    code: LineErrorCode,
    message: string,
    details: { readonly retryAfterMs?: number | undefined; readonly close?: CloseInfo } = {},
  ) {
    super(message);
    this.code = code;
    this.retryAfterMs = details.retryAfterMs;
    this.close = details.close;
  }
}

/** What a line sends. Data is JSON text, and goes as it is. */
type Op = Exclude<ClientOp, CallOp | EphemeralOp | PublishOp> | WithDataText<PublishOp> | WithDataText<EphemeralOp>;
/** An op whose number the line gives. */
export type Request = Op extends infer Each ? (Each extends Op ? Omit<Each, "id"> : never) : never;

export interface GatewayLineOptions {
  readonly url: URL;
  readonly connectOptions: ConnectOptions;
  readonly token: string | undefined;
  /** Who this device is: 128 bits in hex. */
  readonly device: string;
  /** How long each answer may take. */
  readonly timeoutMs: number;
  /** Gives up what is not open yet. */
  readonly signal?: AbortSignal | undefined;
  /** Each message in its order, answers too, before whoever asked gets them. A promise asks for time. */
  receive?(message: ServerMessage): Promise<void> | undefined;
  /** What was told was refused. */
  refuse?(error: LineError): void;
}

/** As `ws` has it: a gateway may send many messages in one frame. */
const maxMessageBytes = 100 * 2 ** 20;

/** The hello answers nobody: it is waited for as if it answered this. */
const helloId = 0;

interface Asked {
  answer(message: ServerMessage): void;
  fail(error: LineError): void;
}

export class GatewayLine {
  readonly #options: GatewayLineOptions;
  readonly #asked = new Map<number, Asked>();
  #lastId = 0;
  #socket: ClientSocket | undefined;
  #hello: HelloMessage | undefined;
  #ended: (info: CloseInfo) => void = () => {};
  /** How it ended, once it has. */
  readonly closed: Promise<CloseInfo>;

  private constructor(options: GatewayLineOptions) {
    this.#options = options;
    this.closed = new Promise((resolve) => (this.#ended = resolve));
  }

  /** Connects and authenticates. @throws {HandshakeError} @throws {LineError} */
  static async open(options: GatewayLineOptions): Promise<GatewayLine> {
    const line = new GatewayLine(options);
    const socket = await connect(options.url, {
      maxMessageBytes,
      ...options.connectOptions,
      protocols: [subprotocol],
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      message: (_, data) => line.#receive(data),
      close: (_, info) => line.#end(info),
    });
    line.#socket = socket;
    const giveUp = (): void => socket.terminate();
    options.signal?.addEventListener("abort", giveUp);
    try {
      await line.#authenticate(socket);
    } catch (error) {
      socket.terminate();
      throw error;
    } finally {
      options.signal?.removeEventListener("abort", giveUp);
    }
    return line;
  }

  /** What the gateway said of itself first. */
  get hello(): HelloMessage {
    if (this.#hello === undefined) throw new Error("There is no line before its hello");
    return this.#hello;
  }

  /** Of the socket: bytes that wait to be taken. */
  get bufferedBytes(): number {
    return this.#socket?.bufferedBytes ?? 0;
  }

  /** Sends a request, and resolves with its answer. @throws {LineError} what it was refused with, or that there was no answer. */
  ask(request: Request): Promise<ServerMessage> {
    const id = ++this.#lastId;
    const answer = this.#answerTo(id);
    // Its number makes it an op again.
    this.#send({ ...request, id } as Op, id);
    return answer;
  }

  /** Sends a request that is answered only when it is refused; `refuse` gets that. */
  tell(request: Request): void {
    const id = ++this.#lastId;
    this.#send({ ...request, id } as Op, id);
  }

  /** Closes in order; a second time at once. */
  close(): void {
    if (this.#socket?.state === "open") this.#socket.close(1000);
    else this.#socket?.terminate();
  }

  async #authenticate(socket: ClientSocket): Promise<void> {
    const { device, token, url } = this.#options;
    if (socket.protocol !== subprotocol) {
      throw new LineError("NO_GATEWAY", `${url.href} takes WebSockets, but not ${subprotocol}: it is no gateway`);
    }
    if (this.#hello === undefined) await this.#answerTo(helloId);
    await this.ask({ type: "auth", device, ...(token === undefined ? {} : { token }) });
  }

  #answerTo(id: number): Promise<ServerMessage> {
    const { timeoutMs, url } = this.#options;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => this.#fail(id, new LineError("SILENT", `${url.href} gave no answer within ${timeoutMs} ms`)),
        timeoutMs,
      );
      this.#asked.set(id, {
        answer(message) {
          clearTimeout(timer);
          resolve(message);
        },
        fail(error) {
          clearTimeout(timer);
          reject(error);
        },
      });
    });
  }

  #send(op: Op, id: number): void {
    const { state } = this.#socket ?? {};
    if (state === "open") this.#socket?.send("data" in op ? encodeClientOpWithData(op) : encodeClientOp(op));
    else this.#fail(id, new LineError("CLOSED", "The line has ended"));
  }

  #receive(data: string | Uint8Array): Promise<void> | undefined {
    if (typeof data !== "string") return undefined; // nothing that this subprotocol has
    let pending: Promise<void> | undefined;
    for (const decoded of decodeServerFrame(data)) {
      if (decoded.type !== "message") continue; // a newer server's
      pending = this.#options.receive?.(decoded.message) ?? pending;
      this.#take(decoded.message);
    }
    return pending;
  }

  #take(message: ServerMessage): void {
    if (message.type === "hello") this.#hello = message;
    const id = message.type === "hello" ? helloId : "id" in message ? message.id : undefined;
    if (id === undefined) return;
    if (message.type === "error") return this.#fail(id, refusalOf(message));
    this.#asked.get(id)?.answer(message);
    this.#asked.delete(id);
  }

  #fail(id: number, error: LineError): void {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    if (asked === undefined) this.#options.refuse?.(error);
    else asked.fail(error);
  }

  #end(info: CloseInfo): void {
    for (const id of this.#asked.keys()) this.#fail(id, closedError(info));
    this.#ended(info);
  }
}

/** What the gateway refused a request with. */
function refusalOf({ code, message, retryAfterMs }: WireError): LineError {
  return new LineError(code, message, { retryAfterMs });
}

/** That a line has ended, in words. */
export function closedError(info: CloseInfo): LineError {
  const { code, reason } = info;
  const said = reason === "" ? String(code) : `${code} ${JSON.stringify(reason)}`;
  // 1006 is no code that anybody sent (RFC 6455 §7.4.1): its reason is ours.
  const message = code === 1006 ? `The line broke: ${reason}` : `The gateway closed the line with ${said}`;
  return new LineError("CLOSED", message, { close: info });
}
