import { Duplex } from "node:stream";
import type { SeededRandom } from "../../src/testing/index.ts";
import type { Life } from "./life.ts";
import { Pipe } from "./pipe.ts";
import type { World } from "./world.ts";

/** The client's end of a line. */
export interface ClientEnd {
  readonly name: string;
  receive(chunk: Uint8Array): void;
  /** The transport is over. */
  lose(): void;
}

/** Who listens at the other end. */
export interface Host {
  readonly name: string;
  /** Present while it answers. */
  readonly life: Life | undefined;
  accept(line: Line, offer: Offer): void;
}

/** What a client's handshake says. */
export interface Offer {
  readonly address: string;
  readonly protocols: readonly string[];
  readonly key: string;
}

/** How a line breaks: both sides hear of it, one does, or none. */
export type Cut = "reset" | "client only" | "server only" | "half-open";

/** One TCP connection between a client and a node. */
export class Line {
  readonly client: ClientEnd;
  readonly host: Host;
  /** From the client, and to it. */
  readonly up: Pipe;
  readonly down: Pipe;
  readonly socket: ServerEnd;
  readonly #life: Life;
  readonly #network: Network;
  #isOver = false;

  constructor(network: Network, { client, host, life }: { client: ClientEnd; host: Host; life: Life }) {
    this.#network = network;
    this.client = client;
    this.host = host;
    this.#life = life;
    const { random, world } = network;
    this.socket = new ServerEnd(this);
    this.up = new Pipe(world, random, {
      data: (chunk) => life.run(() => void this.socket.push(chunk)),
      end: () => life.run(() => void this.socket.push(null)),
    });
    this.down = new Pipe(world, random, {
      data: (chunk) => client.receive(chunk),
      end: () => this.#loseClient(),
    });
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** @param isTorn - whether the first bytes of what is under way still arrive. */
  break(how: Cut, isTorn: boolean): void {
    this.up.vanish({ isTorn });
    this.down.vanish({ isTorn });
    if (how === "reset" || how === "client only") this.#loseClient();
    if (how === "reset" || how === "server only") this.#life.run(() => this.socket.destroy(new Error("ECONNRESET")));
    if (how === "reset") this.#over();
  }

  /** The client lets go of it: the server hears of it, sooner or later. */
  abandon(): void {
    this.#network.world.after(5, () => this.#life.run(() => this.socket.destroy()));
    this.up.vanish();
    this.down.vanish();
    this.#over();
  }

  /** The server's socket is destroyed. */
  serverGone(): void {
    this.#network.world.after(2, () => this.#loseClient());
  }

  #loseClient(): void {
    this.#over();
    this.client.lose();
  }

  #over(): void {
    this.#isOver = true;
    this.#network.lines.delete(this);
  }
}

/** The server's end of a line, as Node gives it to an `upgrade` listener. */
class ServerEnd extends Duplex {
  readonly #line: Line;

  constructor(line: Line) {
    super({ allowHalfOpen: true });
    this.#line = line;
  }

  override _read(): void {}

  override _write(chunk: Uint8Array, _encoding: string, taken: () => void): void {
    this.#line.down.write(chunk, taken);
  }

  /** As one: in how many pieces the engine's memory is laid out must not matter. */
  override _writev(pieces: readonly { readonly chunk: Uint8Array }[], taken: () => void): void {
    this.#line.down.write(Buffer.concat(pieces.map(({ chunk }) => chunk)), taken);
  }

  override _final(done: () => void): void {
    this.#line.down.end();
    done();
  }

  override _destroy(_error: Error | null, done: () => void): void {
    this.#line.serverGone();
    done();
  }
}

/** All lines there are. A client is sent to any node that answers. */
export class Network {
  readonly world: World;
  readonly random: SeededRandom;
  readonly lines = new Set<Line>();
  readonly #hosts: readonly Host[];
  /** While it is down nobody reaches anybody. */
  isDown = false;

  constructor(world: World, hosts: readonly Host[]) {
    this.world = world;
    this.random = world.random("network");
    this.#hosts = hosts;
  }

  /** The line once it stands; nothing if nobody answers. */
  dial(client: ClientEnd, offer: Offer, then: (line: Line | undefined) => void): void {
    const host = this.random.pick(this.#hosts);
    this.world.after(1 + this.random.below(20), () => {
      const { life } = host;
      if (life === undefined || this.isDown) return then(undefined);
      const line = new Line(this, { client, host, life });
      this.lines.add(line);
      this.world.count("lines");
      then(line);
      life.run(() => host.accept(line, offer));
    });
  }
}
