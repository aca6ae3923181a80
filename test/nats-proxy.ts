/** A line between a node and NATS that tests listen in on, and break. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

export class NatsProxy {
  /** Subjects of all that NATS sent to the node, in order, the dropped ones too. */
  readonly subjects: string[] = [];
  /** What NATS tells the node on these subjects is lost, as a hint may be. */
  drops: (subject: string) => boolean = () => false;
  readonly #targetPort: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isCut = false;

  private constructor(targetPort: number) {
    this.#targetPort = targetPort;
    this.#server = createServer((node) => this.#accept(node));
  }

  static async listen(targetPort: number): Promise<NatsProxy> {
    const proxy = new NatsProxy(targetPort);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get url(): string {
    return `nats://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The lines end, and no other comes about. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  heal(): void {
    this.#isCut = false;
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, "close");
  }

  #accept(node: Socket): void {
    if (this.#isCut) return void node.destroy();
    const nats = connect(this.#targetPort, "127.0.0.1");
    const filter = new SubjectFilter((subject) => {
      this.subjects.push(subject);
      return this.drops(subject);
    });
    for (const [socket, other] of [
      [node, nats],
      [nats, node],
    ] as const) {
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    node.on("data", (chunk) => nats.write(chunk));
    nats.on("data", (chunk) => {
      for (const part of filter.take(chunk)) node.write(part);
    });
  }
}

/** Cuts what a server sends into its operations and leaves messages out. See docs.nats.io/reference/nats-protocol. */
class SubjectFilter {
  readonly #drops: (subject: string) => boolean;
  #rest: Buffer = Buffer.alloc(0);

  constructor(drops: (subject: string) => boolean) {
    this.#drops = drops;
  }

  *take(chunk: Buffer): Generator<Buffer> {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (let end = this.#endOfFirst(); end <= this.#rest.length; end = this.#endOfFirst()) {
      const operation = this.#rest.subarray(0, end);
      this.#rest = this.#rest.subarray(end);
      const [name, subject = ""] = operation.subarray(0, operation.indexOf("\r\n")).toString().split(" ");
      const isMessage = name === "MSG" || name === "HMSG";
      if (!isMessage || !this.#drops(subject)) yield operation;
    }
  }

  /** `Infinity` while it is not known. */
  #endOfFirst(): number {
    const lineEnd = this.#rest.indexOf("\r\n");
    if (lineEnd === -1) return Infinity;
    const line = this.#rest.subarray(0, lineEnd).toString();
    const payloadBytes = /^H?MSG /u.test(line) ? Number(line.split(" ").at(-1)) + 2 : 0;
    return lineEnd + 2 + payloadBytes;
  }
}
