/** A page of the console, by hand: speaks to a gateway's operator port as `web/src/console` does. */
import { type ClientSocket, type CloseInfo, connect, type ConnectOptions } from "../src/engine/index.ts";
import type { Action, PageMessage, ServerMessage } from "../src/server/operate/console/messages.ts";

type MessageOf<Type extends ServerMessage["type"]> = Extract<ServerMessage, { readonly type: Type }>;

export class ConsoleClient {
  /** Everything it was told and nobody took, in order. */
  readonly #messages: ServerMessage[] = [];
  readonly closed: Promise<CloseInfo>;
  readonly #socket: Promise<ClientSocket>;
  #wake: () => void = () => {};
  #actionCount = 0;

  /** @param url - the gateway's `consoleUrl`, or an address without a key. */
  constructor(url: string, options: ConnectOptions = {}) {
    const line = new URL("/console/line", url);
    line.protocol = line.protocol.replace("http", "ws");
    let tellClosed: (info: CloseInfo) => void;
    this.closed = new Promise((resolve) => (tellClosed = resolve));
    this.#socket = connect(line.href, {
      ...options,
      message: (_, data) => {
        this.#messages.push(JSON.parse(String(data)) as ServerMessage);
        this.#wake();
      },
      close: (_, info) => tellClosed(info),
    });
  }

  /** Connects, and shows the key that is in the URL. */
  static async open(url: string): Promise<ConsoleClient> {
    const client = new ConsoleClient(url);
    await client.hello(new URL(url).hash.slice("#key=".length));
    return client;
  }

  get socket(): Promise<ClientSocket> {
    return this.#socket;
  }

  async hello(key: string): Promise<MessageOf<"welcome">> {
    await this.say({ type: "hello", key });
    return this.next("welcome");
  }

  async say(message: PageMessage): Promise<void> {
    (await this.#socket).send(JSON.stringify(message));
  }

  /** The next message of these types; those before it are dropped. */
  async next<Type extends ServerMessage["type"]>(...types: readonly Type[]): Promise<MessageOf<Type>> {
    for (;;) {
      const message = this.#messages.shift();
      const isWanted = message !== undefined && (types as readonly string[]).includes(message.type);
      if (isWanted) return message as MessageOf<Type>;
      if (message === undefined) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  /** Has something done. @returns what came of it, in the server's words. */
  async act(action: Action): Promise<string> {
    this.#actionCount += 1;
    await this.say({ type: "act", id: this.#actionCount, action });
    const answer = await this.next("acted", "failed");
    if (answer.id !== this.#actionCount) throw new Error(`Cannot match the answer ${JSON.stringify(answer)}`);
    return answer.type === "acted" ? answer.says : answer.error;
  }

  async close(): Promise<void> {
    (await this.#socket).close();
    await this.closed;
  }
}
