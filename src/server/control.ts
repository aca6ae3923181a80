import type { Command, Notice } from "../gateway/index.ts";
import type { Durability } from "../wire/index.ts";
import type { Access } from "./access.ts";
import { gatewayErrorOf } from "./errors.ts";
import type { Log } from "./log.ts";
import type { Machine } from "./machine.ts";
import type { Revocation } from "./revocations.ts";
import type { Shell } from "./shell.ts";
import type { Store } from "./store.ts";

/** What nodes tell each other on. No client can name it: a channel's name has no `~`. */
export const controlChannel = "~switchboard/control";

/** What a revocation is worth. */
export interface Revoked {
  /** What it survives: as an acknowledgement of the store, or `mem` if the store keeps no notices: then until this process ends. */
  readonly durability: Durability;
}

export interface ControlOptions {
  readonly access: Access;
  readonly shell: Shell;
  readonly store: Store;
  readonly log: Log;
  readonly machine: Machine;
  readonly durability: Durability;
  /** A name that no other node has. */
  readonly node: string;
}

/** What one node has all do. */
type Order = { readonly notice: Notice } | { readonly command: Command };

const commandTypes: ReadonlySet<string> = new Set<Command["type"]>([
  "subscribe",
  "unsubscribe",
  "disconnect",
  "reauthorize",
]);

/** How often the store is asked what was revoked, where it can tell: whatever becomes of a broadcast, every node knows within 2 s. */
const watchMs = 1_500;

/**
 * What the server itself decides about its users, carried out here and told to every node on the same store: as a broadcast, which is
 * quick and may be lost, and what must not be lost as a notice, which every node reads when it opens its store, or finds it again.
 */
export class Control {
  readonly #options: ControlOptions;
  #hasWarned = false;
  /** Up to where the notices were read. */
  #revision: string | undefined;
  #stopWatching: (() => void) | undefined;

  constructor(options: ControlOptions) {
    this.#options = options;
  }

  /** Hears the others from now on, and knows what was decided before. @throws whatever the store says if it cannot be read. */
  async open(): Promise<void> {
    const { store } = this.#options;
    const joined = await store.join(controlChannel);
    if (joined.type === "failed") throw gatewayErrorOf(joined.error);
    await this.#catchUp();
    if (store.tellsNews) this.#watch();
  }

  /** Nothing more happens by itself. */
  stop(): void {
    this.#stopWatching?.();
    this.#stopWatching = undefined;
  }

  /** The store is there again: what was told meanwhile was not heard. */
  returned(): void {
    this.#catchUp().catch((error: unknown) => {
      this.#options.log.error({ error }, "Revocations of other nodes cannot be read");
    });
  }

  /** Another node, or this one, told something. Who may write to the store may say anything: what is none of ours stops nobody. */
  heard(payload: string): void {
    try {
      this.#take(JSON.parse(payload) as Order & { readonly node: string });
    } catch (error) {
      this.#options.log.warn({ error }, "What another node told is not understood");
    }
  }

  /** What this node does not know comes from a newer version, and is not for it. */
  #take({ node, ...order }: Order & { readonly node: string }): void {
    if (node === this.#options.node) return;
    if ("notice" in order) this.#obey(order.notice);
    else if ("command" in order && isCommand(order.command)) void this.#options.shell.command(order.command);
  }

  /** Carries out a command at every node. @returns at how many connections of this one something came of it. */
  async command(command: Command): Promise<number> {
    this.#tell({ command });
    return this.#options.shell.command(command);
  }

  /**
   * In force here at once, whatever the store says after that.
   *
   * @throws {GatewayError} `LIMIT` if there are too many; the store's code if it could not be kept.
   */
  async revoke(revocation: Revocation): Promise<Revoked> {
    const { access, durability, shell, store } = this.#options;
    const { notice, ...stand } = access.revoke(revocation);
    shell.feed({ type: "revoked", ...stand });
    this.#tell({ notice });
    const posted = await store.post(notice);
    if (posted.type === "failed") {
      const { code, message } = posted.error;
      throw gatewayErrorOf({ code, message: `Cannot keep the revocation beyond this process: ${message}` });
    }
    if (posted.type === "posted") return { durability };
    this.#warn();
    return { durability: "mem" };
  }

  async #catchUp(): Promise<void> {
    const { notices, revision } = await this.#options.store.readNotices(this.#revision);
    for (const notice of notices) this.#obey(notice);
    this.#revision = revision;
  }

  #watch(): void {
    this.#stopWatching = this.#options.machine.after(watchMs, () => {
      const goOn = (): void => {
        if (this.#stopWatching !== undefined) this.#watch();
      };
      // A store that is away has said so, and is read when it is back.
      this.#catchUp().then(goOn, goOn);
    });
  }

  #obey(notice: Notice): void {
    const { access, shell } = this.#options;
    const stand = access.restore(notice);
    if (stand !== undefined) shell.feed({ type: "revoked", ...stand });
  }

  #tell(order: Order): void {
    const { node, store } = this.#options;
    void store.broadcast(controlChannel, JSON.stringify({ ...order, node }));
  }

  #warn(): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    this.#options.log.warn({}, "The store keeps no revocations: they are forgotten when this process ends");
  }
}

/** Only rights may be asked about of everybody. */
function isCommand({ type, userId }: Command): boolean {
  return commandTypes.has(type) && (type === "reauthorize" || typeof userId === "string");
}
