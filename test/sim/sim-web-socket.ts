import { Connection } from "../../src/protocol/index.ts";
import type { WebSocketConstructor, WebSocketLike } from "../../src/client/index.ts";
import type { ClientEnd, Line, Network } from "./network.ts";

/** How long a browser waits for the end of a connection it closes. */
const closeWaitMs = 3000;

type MessageListener = (event: { readonly data: unknown }) => void;
type CloseListener = (event: { readonly code: number; readonly reason: string }) => void;

/** Who owns the sockets, and hears what goes over them. */
export interface SocketOwner {
  readonly name: string;
  readonly address: string;
  /** False once the process that owns them was killed. */
  readonly isAlive: boolean;
  /** What one line says; called before the client hears it. */
  watchLine(): LineWatcher;
}

export interface LineWatcher {
  sent(text: string): void;
  received(text: string): void;
  /** The client has dealt with what it received. */
  dealtWith(): void;
}

/** The class of an application's sockets. */
export function simWebSocketFor(network: Network, owner: SocketOwner): WebSocketConstructor {
  return class extends SimWebSocket {
    constructor(_url: string, protocols: string[]) {
      super(network, owner, protocols);
    }
  };
}

/** A WebSocket as a browser has it, on a line of the simulated network: real frames, cut anywhere. */
class SimWebSocket implements WebSocketLike, ClientEnd {
  readonly #network: Network;
  readonly #owner: SocketOwner;
  readonly #watcher: LineWatcher;
  readonly #connection: Connection;
  readonly #listeners: { readonly message: MessageListener[]; readonly close: CloseListener[] } = {
    message: [],
    close: [],
  };
  #line: Line | undefined;
  /** The answer to the handshake, until it is whole. */
  #head = "";
  #isOpen = false;
  #isOver = false;
  #end = { code: 1006, reason: "" };

  constructor(network: Network, owner: SocketOwner, protocols: readonly string[]) {
    this.#network = network;
    this.#owner = owner;
    this.#watcher = owner.watchLine();
    this.#connection = new Connection({ role: "client", createMaskingKey: () => network.random.uint32() });
    const key = Buffer.from(network.random.bytes(16)).toString("base64");
    network.dial(this, { address: owner.address, protocols, key }, (line) => {
      this.#line = line;
      if (line === undefined) this.lose();
      else if (this.#isOver) line.abandon();
    });
  }

  get name(): string {
    return this.#owner.name;
  }

  addEventListener(type: "message", listener: MessageListener): void;
  addEventListener(type: "close", listener: CloseListener): void;
  addEventListener(type: "message" | "close", listener: MessageListener & CloseListener): void {
    this.#listeners[type].push(listener);
  }

  send(text: string): void {
    if (!this.#isOpen || this.#connection.state !== "open") return;
    for (const one of text.split("\n")) this.#watcher.sent(one);
    this.#line?.up.write(this.#connection.sendText(text));
  }

  close(code?: number): void {
    if (this.#isOver) return;
    if (!this.#isOpen) {
      this.#line?.abandon();
      return this.lose();
    }
    if (this.#connection.state === "open") this.#line?.up.write(this.#connection.sendClose(code));
    this.#network.world.after(closeWaitMs, () => {
      if (this.#isOver) return;
      this.#line?.abandon();
      this.lose();
    });
  }

  // ---- the line

  receive(chunk: Uint8Array): void {
    if (this.#isOver || !this.#owner.isAlive) return;
    const rest = this.#isOpen ? chunk : this.#readHead(chunk);
    if (rest === undefined) return;
    this.#connection.receive(rest);
    for (const event of this.#connection.takeEvents()) {
      if (event.type === "message") this.#tell(String(event.data));
      else if (event.type === "close" || event.type === "fail") this.#end = { code: event.code, reason: event.reason };
    }
    for (const frame of this.#connection.takeOutput()) this.#line?.up.write(frame);
    if (this.#connection.state === "closed") this.#line?.up.end();
  }

  lose(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#owner.isAlive) for (const listener of this.#listeners.close) listener(this.#end);
  }

  /** The messages of a frame one by one, so that each is watched from its arrival until the client has dealt with it. */
  #tell(frame: string): void {
    for (const text of frame.split("\n")) {
      this.#watcher.received(text);
      for (const listener of this.#listeners.message) listener({ data: text });
      this.#watcher.dealtWith();
    }
  }

  /** What follows the 101, once that has come. */
  #readHead(chunk: Uint8Array): Uint8Array | undefined {
    this.#head += Buffer.from(chunk).toString("latin1");
    const end = this.#head.indexOf("\r\n\r\n");
    if (end < 0) return undefined;
    this.#isOpen = this.#head.startsWith("HTTP/1.1 101 ");
    return this.#isOpen ? Buffer.from(this.#head.slice(end + 4), "latin1") : undefined;
  }
}
