import { type ClientSocket, type CloseInfo, connect, type ConnectOptions } from "../../src/engine/index.ts";
import {
  type ClientOp,
  decodeServerFrame,
  encodeClientOp,
  type ServerMessage,
  subprotocol,
} from "../../src/wire/index.ts";

type OmitId<Op> = Op extends unknown ? Omit<Op, "id"> : never;
type MessageOf<Type extends ServerMessage["type"]> = Extract<ServerMessage, { readonly type: Type }>;

interface Wish {
  readonly isMet: (message: ServerMessage) => boolean;
  readonly resolve: (message: ServerMessage) => void;
  readonly reject: (error: Error) => void;
}

/** A client that speaks the wire protocol by hand, for tests of the server: no retry, no state, every message kept. */
export class WireClient {
  /** Everything it was sent, in order. */
  readonly messages: ServerMessage[] = [];
  readonly closed: Promise<CloseInfo>;
  readonly #socket: Promise<ClientSocket>;
  #taken = 0;
  #id = 0;
  #wishes: Wish[] = [];

  private constructor(url: string, protocols: readonly string[], options: ConnectOptions = {}) {
    const { promise, resolve } = withResolvers<CloseInfo>();
    this.closed = promise;
    this.#socket = connect(url, {
      ...options,
      protocols,
      message: (_socket, data) => this.#receive(String(data)),
      close: (_socket, info) => {
        resolve(info);
        for (const wish of this.#wishes) wish.reject(new Error(`Closed with ${info.code} ${info.reason}`));
      },
    });
  }

  /** Connects; the hello is there. */
  static async open(url: string, options: ConnectOptions = {}): Promise<WireClient> {
    const client = new WireClient(url, [subprotocol], options);
    await client.#socket;
    await client.next("hello");
    return client;
  }

  /** Connects and authenticates. */
  static async join(url: string, device: string, token?: string): Promise<WireClient> {
    const client = await WireClient.open(url);
    client.send(token === undefined ? { type: "auth", device } : { type: "auth", device, token });
    await client.next("authenticated");
    return client;
  }

  /** Connects without the subprotocol. */
  static dial(url: string): WireClient {
    return new WireClient(url, []);
  }

  get socket(): Promise<ClientSocket> {
    return this.#socket;
  }

  /** Sends a request. @returns its id. */
  send(op: OmitId<ClientOp>): number {
    this.#id += 1;
    // The compiler does not see that a union without its id and an id are the union again.
    this.sendText(encodeClientOp({ ...op, id: this.#id } as ClientOp));
    return this.#id;
  }

  sendText(text: string): void {
    void this.#socket.then((socket) => socket.send(text));
  }

  async close(code?: number): Promise<CloseInfo> {
    (await this.#socket).close(code);
    return this.closed;
  }

  /** Ends without a close frame, as a line that is cut. */
  async cut(): Promise<void> {
    (await this.#socket).terminate();
    await this.closed;
  }

  /** The next message of a type; those before it are passed over. */
  async next<Type extends ServerMessage["type"]>(
    type: Type,
    isIt: (message: MessageOf<Type>) => boolean = () => true,
  ): Promise<MessageOf<Type>> {
    const isMet = (message: ServerMessage): boolean => message.type === type && isIt(message as MessageOf<Type>);
    return (await this.#find(isMet)) as MessageOf<Type>;
  }

  /** The answer to a request, whatever it is. */
  async answer(id: number): Promise<ServerMessage> {
    return this.#find((message) => "id" in message && message.id === id);
  }

  async #find(isMet: (message: ServerMessage) => boolean): Promise<ServerMessage> {
    for (; this.#taken < this.messages.length; this.#taken += 1) {
      const message = this.messages[this.#taken];
      if (message !== undefined && isMet(message)) {
        this.#taken += 1;
        return message;
      }
    }
    const { promise, reject, resolve } = withResolvers<ServerMessage>();
    this.#wishes.push({ isMet, resolve, reject });
    return promise;
  }

  #receive(text: string): void {
    for (const decoded of decodeServerFrame(text)) {
      if (decoded.type !== "message") throw new Error(`The server sent what is no message: ${text}`);
      this.#take(decoded.message);
    }
  }

  #take(message: ServerMessage): void {
    this.messages.push(message);
    const [wish] = this.#wishes;
    if (wish === undefined) return;
    this.#taken = this.messages.length;
    if (!wish.isMet(message)) return;
    this.#wishes.shift();
    wish.resolve(message);
  }
}

function withResolvers<Value>(): {
  promise: Promise<Value>;
  resolve: (value: Value) => void;
  reject: (error: Error) => void;
} {
  let resolve: (value: Value) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<Value>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}
