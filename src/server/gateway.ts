import { sqliteBroker } from "../brokers/index.ts";
import type { AnyHttpServer, CompressionOptions, OriginPolicy } from "../engine/index.ts";
import { type Broker, type Command, GatewayCore } from "../gateway/index.ts";
import type { Durability, HasChannels } from "../wire/index.ts";
import { Access } from "./access.ts";
import type { ServerChannel } from "./channel.ts";
import { checkChannels, settingsOf } from "./channel-settings.ts";
import { drain, type DrainOptions, readDrainOptions } from "./drain.ts";
import type { TrustedProxies } from "./client-address.ts";
import {
  disconnectCommand,
  type DisconnectRequest,
  type Reached,
  subscribeCommand,
  type SubscribeRequest,
  unsubscribeCommand,
  type UnsubscribeRequest,
} from "./commands.ts";
import { GatewayError } from "./errors.ts";
import type { GatewayInfo } from "./health.ts";
import { type Authenticate, authenticateGuest, Hooks, type HooksOptions } from "./hooks.ts";
import { readLimits, type ServerLimits } from "./limits.ts";
import { Listener, type GatewayAddress, type ListenOptions } from "./listener.ts";
import { type Log, silentLog } from "./log.ts";
import { type Machine, thisMachine } from "./machine.ts";
import { type AdminAddress, AdminListener, type AdminOptions } from "./operate/admin-listener.ts";
import { Meters } from "./operate/meters.ts";
import type { Operated } from "./operate/operated.ts";
import { canaryChannel, Readiness } from "./operate/readiness.ts";
import { findTracing } from "./operate/tracing.ts";
import {
  type DurableEventOf,
  prepareTell,
  publish,
  type Published,
  type PublishRequest,
  type TellRequest,
  type UnstoredEventOf,
} from "./publish.ts";
import type { Revocation } from "./revocations.ts";
import { Shell } from "./shell.ts";
import { Store } from "./store.ts";
import type { TicketRequest } from "./tickets.ts";

/** The channels of a gateway by the name its clients use. */
export type ServerChannels = Readonly<Record<string, ServerChannel>>;

/** What a gateway is made from. Only `channels` is required. */
export interface GatewayOptions<Channels extends ServerChannels> {
  /** By the names that clients call them by. */
  readonly channels: Channels;
  /** Default: everybody is a guest whose id comes from their device's. */
  readonly authenticate?: Authenticate;
  /** Where the logs are. Default `sqliteBroker({ file: "data/switchboard.db" })`. A broker belongs to one gateway, which closes it. */
  readonly broker?: Broker;
  /** Do not start if the store gives less, by what it measures of itself. Default `mem`: anything will do. */
  readonly require?: Durability;
  /** Which pages may connect. Default `"same"`: those of the same origin. */
  readonly origins?: OriginPolicy;
  /** Whose word counts about a client's address. Default nobody's: the address is the other end of the socket. */
  readonly trustedProxies?: TrustedProxies;
  /**
   * How to compress, for clients that can: `{}` is the defaults. A message that goes to many is compressed once for all who agreed on the
   * same. Default: not at all. Read what {@link CompressionOptions} says of secrets first.
   */
  readonly compression?: CompressionOptions;
  readonly limits?: Partial<ServerLimits>;
  /** Default: says nothing. */
  readonly log?: Log;
}

/** A gateway: typed, durable channels on WebSocket connections. Made by {@link createGateway}. */
export interface Gateway<Channels extends ServerChannels = ServerChannels> extends HasChannels<Channels> {
  /** What clients infer their types from: `connect<typeof gateway>(url)`. */
  readonly channels: Channels;
  /**
   * Opens the store and listens with an HTTP server of its own, which answers `/healthz` too.
   *
   * @throws {BrokerError} if the store cannot be opened. @throws {GatewayError} `DURABILITY_TOO_LOW`. Node's error for a port in use.
   */
  listen(options: ListenOptions): Promise<GatewayAddress>;
  /** Opens the store and answers the handshakes of an HTTP server of yours, at one path. Throws as `listen` does. */
  attach(server: AnyHttpServer, options?: { readonly path?: string }): Promise<void>;
  /**
   * Opens the store and listens for those who operate the gateway: `/healthz`, `/readyz`, `/metrics`, and the HTTP API under `/v1`, which
   * `/v1/openapi.json` describes. On this machine only, unless `host` says otherwise.
   *
   * @throws {TypeError} for a key that cannot be, and for another host without one. Else as `listen` does.
   */
  listenAdmin(options: AdminOptions): Promise<AdminAddress>;
  /**
   * Publishes for the server itself: validated, stored, told to all subscribers. `authorize` is not asked.
   *
   * @throws {GatewayError} with the code a client would get.
   */
  publish<Name extends keyof Channels & string, Event extends DurableEventOf<Channels[Name]>>(
    request: PublishRequest<Channels, Name, Event>,
  ): Promise<Published>;
  /**
   * Tells, for the server itself, an event that is not stored: an ephemeral one to those who are there, a `latest` one also to those
   * who come later. Validated; `authorize` is not asked. Resolves when it is on its way; whether anybody got it is not known.
   *
   * @throws {GatewayError} with the code a client would get.
   */
  tell<Name extends keyof Channels & string, Event extends UnstoredEventOf<Channels[Name]>>(
    request: TellRequest<Channels, Name, Event>,
  ): Promise<void>;
  /**
   * Makes a secret that opens one connection as this user, within `expiresInMs` (30 000, at most 300 000): connect to
   * `<url>?ticket=<ticket>` without a token. For those who can set nothing but a URL.
   *
   * @throws {RangeError} for another time. @throws {GatewayError} `LIMIT` if too many are out.
   */
  issueTicket(ticket: TicketRequest): string;
  /**
   * Closes the connections of a user, or of one credential by its `tokenId`, with 4502, and refuses those credentials until they would
   * have expired (`expiresAtMs`, 24 hours from now). Of a user, credentials that say they were issued later are good.
   *
   * @throws {GatewayError} `LIMIT` if there are too many to remember.
   */
  revoke(revocation: Revocation): Promise<void>;
  /**
   * Subscribes every connection that a user has at this node, from now on, without asking `authorize`: the client gets the room by
   * `client.onRoom`. Resolves when they are subscribed. When a client comes back later, `authorize` is asked as ever.
   *
   * @throws {GatewayError} with the code a client would get, for a channel or parameters that cannot be.
   */
  subscribe<Name extends keyof Channels & string>(request: SubscribeRequest<Channels, Name>): Promise<Reached>;
  /** Ends a user's subscriptions to a channel, at this node: their rooms are `left`, with the reason. Throws as `subscribe` does. */
  unsubscribe<Name extends keyof Channels & string>(request: UnsubscribeRequest<Channels, Name>): Promise<Reached>;
  /**
   * Closes every connection that a user has at this node. By default with 4503, after which a client does not come back.
   *
   * @throws {GatewayError} `BAD_MESSAGE` for a code that is not 4000-4999 or a reason of more than 123 bytes.
   */
  disconnect(request: DisconnectRequest): Promise<Reached>;
  info(): GatewayInfo;
  /**
   * Stops: takes no more connections, gives every connection the answers it waits for, tells it when to come back, closes it with 1001,
   * and then closes the store. Again: the same promise.
   *
   * @throws {RangeError} for an option that cannot be.
   */
  close(options?: Partial<DrainOptions>): Promise<void>;
}

/**
 * Makes a gateway. It opens nothing before `listen`, `attach` or `publish`.
 *
 * @throws {TypeError} for a channel that cannot be. @throws {RangeError} for a limit that is no positive number.
 *
 * @example
 * ```ts
 * const gateway = createGateway({ channels: { chat } });
 * const { url } = await gateway.listen({ port: 8080 });
 * ```
 */
export function createGateway<const Channels extends ServerChannels>(
  options: GatewayOptions<Channels>,
): Gateway<Channels> {
  return createGatewayOn(thisMachine, options);
}

/** Makes a gateway that takes its time, its chance and its sockets from a machine of the caller's. */
export function createGatewayOn<const Channels extends ServerChannels>(
  machine: Machine,
  options: GatewayOptions<Channels>,
): Gateway<Channels> {
  return new GatewayServer(machine, options);
}

/** An open gateway. */
interface Running extends Operated {
  readonly description: string;
}

class GatewayServer<Channels extends ServerChannels> implements Gateway<Channels> {
  readonly channels: Channels;
  readonly #machine: Machine;
  readonly #options: GatewayOptions<Channels>;
  readonly #limits: ServerLimits;
  readonly #log: Log;
  readonly #access: Access;
  readonly #listeners: { close(): Promise<void> }[] = [];
  #opening: Promise<Running> | undefined;
  #running: Running | undefined;
  #closing: Promise<void> | undefined;
  /** No connection is left, and nothing is published any more. */
  #isDrained = false;

  constructor(machine: Machine, options: GatewayOptions<Channels>) {
    this.channels = options.channels;
    this.#machine = machine;
    this.#options = options;
    this.#limits = readLimits(options.limits);
    this.#log = options.log ?? silentLog;
    checkChannels(options.channels);
    const { trustedProxies } = options;
    this.#access = new Access({ trustedProxies, limits: this.#limits, log: this.#log, machine });
  }

  async listen(options: ListenOptions): Promise<GatewayAddress> {
    const { shell } = await this.#open();
    const listener = new Listener(options, () => this.info());
    shell.engine.attach(listener.server, { path: options.path ?? "/" });
    this.#listeners.push(listener);
    const address = await listener.listen();
    this.#log.info({ url: address.url }, "Listening");
    return address;
  }

  async listenAdmin(options: AdminOptions): Promise<AdminAddress> {
    const listener = new AdminListener(options, await this.#open());
    this.#listeners.push(listener);
    const address = await listener.listen();
    this.#log.info({ url: address.url }, "Listening for operators");
    return address;
  }

  async attach(server: AnyHttpServer, options: { readonly path?: string } = {}): Promise<void> {
    const { shell } = await this.#open();
    shell.engine.attach(server, { path: options.path ?? "/" });
  }

  async publish(request: Parameters<typeof publish>[1]): Promise<Published> {
    const { durability, hooks, store } = await this.#use();
    return publish({ channels: this.channels, durability, hooks, store }, request);
  }

  async tell(request: Parameters<typeof prepareTell>[1]): Promise<void> {
    const { hooks, shell } = await this.#use();
    shell.feed({ type: "told", tell: await prepareTell({ channels: this.channels, hooks }, request) });
  }

  issueTicket(ticket: TicketRequest): string {
    return this.#access.issueTicket(ticket);
  }

  async revoke(revocation: Revocation): Promise<void> {
    const target = this.#access.revoke(revocation);
    this.#running?.shell.feed({ type: "revoked", target });
  }

  async subscribe(request: Parameters<typeof subscribeCommand>[1]): Promise<Reached> {
    return this.#command(subscribeCommand(this.channels, request));
  }

  async unsubscribe(request: Parameters<typeof unsubscribeCommand>[1]): Promise<Reached> {
    return this.#command(unsubscribeCommand(this.channels, request));
  }

  async disconnect(request: DisconnectRequest): Promise<Reached> {
    return this.#command(disconnectCommand(request));
  }

  async #command(command: Command): Promise<Reached> {
    const { shell } = await this.#use();
    return { connectionCount: await shell.command(command) };
  }

  info(): GatewayInfo {
    const running = this.#running;
    const counts = running?.shell.info ?? { connectionCount: 0, channelCount: 0, droppedEphemeralCount: 0 };
    const isClosing = this.#closing !== undefined;
    if (isClosing && (this.#isDrained || running === undefined)) return { status: "closed", ...counts };
    if (running === undefined) return { status: "starting", ...counts };
    const { description: store, durability } = running;
    if (isClosing) return { status: "draining", durability, store, ...counts };
    const reason = running.store.outage;
    if (reason !== undefined) return { status: "unavailable", reason, durability, store, ...counts };
    return { status: "ok", durability, store, ...counts };
  }

  close(options: Partial<DrainOptions> = {}): Promise<void> {
    this.#closing ??= this.#close(readDrainOptions(options));
    return this.#closing;
  }

  async #close(options: DrainOptions): Promise<void> {
    const running = await this.#opening?.catch(() => undefined);
    if (running === undefined) return;
    const { shell, store } = running;
    const endMs = this.#machine.steadyMs() + options.graceMs;
    shell.refuseNew();
    await drain(shell, this.#machine, options);
    this.#isDrained = true;
    const graceMs = Math.max(1, endMs - this.#machine.steadyMs());
    await this.#settle(store, graceMs);
    await shell.engine.close({ code: 1001, reason: "The server is going away", graceMs });
    await Promise.all(this.#listeners.map((listener) => listener.close()));
    shell.stop();
    await store.close();
    this.#log.info({}, "Closed");
  }

  /** While it drains, the server itself still publishes. */
  async #use(): Promise<Running> {
    return this.#closing !== undefined && this.#running !== undefined && !this.#isDrained
      ? this.#running
      : this.#open();
  }

  #open(): Promise<Running> {
    if (this.#closing !== undefined) throw new GatewayError("CLOSED", "Cannot use the gateway: it is closed");
    this.#opening ??= this.#start();
    return this.#opening;
  }

  #hookOptions(): Omit<HooksOptions, "meters" | "authenticate"> {
    const { callTimeoutMs, hookTimeoutMs: timeoutMs, maxPendingHookCount: maxPendingCount } = this.#limits;
    return {
      channels: this.channels,
      timeoutMs,
      callTimeoutMs,
      maxPendingCount,
      isRevoked: (credentials, nowMs) => this.#access.isRevoked(credentials, nowMs),
      log: this.#log,
      machine: this.#machine,
    };
  }

  async #start(): Promise<Running> {
    const {
      authenticate = authenticateGuest,
      broker = sqliteBroker({ file: "data/switchboard.db" }),
      compression,
      origins = "same",
      require = "mem",
    } = this.#options;
    const log = this.#log;
    const machine = this.#machine;
    const limits = this.#limits;
    const channels: ServerChannels = this.channels;
    const meters = new Meters();
    const store = new Store({ broker, require, log, machine, meters });
    const readiness = new Readiness({ store, machine, info: () => this.info() });
    const hooks = new Hooks({ ...this.#hookOptions(), meters, authenticate });
    const { dedupWindowMs, description, durability } = await store.open({
      // The store tells of nothing before the core, which is made below, has joined a channel.
      appended(channel, epoch, entry) {
        if (channel === canaryChannel) readiness.heard(entry.messageId);
        else shell.feed({ type: "appended", channel, epoch, entry });
      },
      broadcasted: (channel, payload) => shell.feed({ type: "broadcasted", channel, payload }),
    });
    const core = new GatewayCore({
      channels: settingsOf(channels),
      limits,
      durability,
      dedupWindowMs,
      node: machine.createName(),
    });
    const shell = new Shell({
      core,
      entrance: this.#access.entrance,
      hooks,
      store,
      limits,
      origins,
      compression,
      log,
      machine,
      meters,
    });
    store.tracing = await findTracing((name) => patternOf(shell, name));
    this.#running = {
      channels,
      shell,
      store,
      hooks,
      broker,
      durability,
      description,
      meters,
      readiness,
      log,
      machine,
      info: () => this.info(),
    };
    return this.#running;
  }

  /** Waits until every append has its answer, but not for ever. */
  async #settle(store: Store, graceMs: number): Promise<void> {
    let cancel: (() => void) | undefined;
    const grace = new Promise<void>((resolve) => {
      cancel = this.#machine.after(graceMs, resolve);
    });
    await Promise.race([store.settled(), grace]);
    cancel?.();
  }
}

function patternOf(shell: Shell, name: string): string | undefined {
  const found = shell.find(name);
  return found.type === "found" ? found.value.settings.pattern : undefined;
}
