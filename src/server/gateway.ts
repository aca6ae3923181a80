import type { AnyHttpServer, CompressionOptions, OriginPolicy } from "../engine/index.ts";
import type { Broker } from "../gateway/index.ts";
import type { Durability, HasChannels } from "../wire/index.ts";
import type { ServerChannel } from "./channel.ts";
import type { TrustedProxies } from "./client-address.ts";
import type {
  DisconnectRequest,
  Reached,
  ReauthorizeRequest,
  SubscribeRequest,
  UnsubscribeRequest,
} from "./commands.ts";
import type { Revoked } from "./control.ts";
import type { DrainOptions } from "./drain.ts";
import { GatewayServer } from "./gateway-server.ts";
import type { GatewayInfo } from "./health.ts";
import type { Authenticate } from "./hooks.ts";
import type { HostPolicy } from "./hosts.ts";
import type { ServerLimits } from "./limits.ts";
import type { GatewayAddress, ListenOptions } from "./listener.ts";
import type { Log } from "./log.ts";
import { type Machine, thisMachine } from "./machine.ts";
import type { AdminAddress, AdminOptions } from "./operate/admin-listener.ts";
import type { DurableEventOf, Published, PublishRequest, TellRequest, UnstoredEventOf } from "./publish.ts";
import type { Revocation } from "./revocations.ts";
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
  /**
   * Which names the gateway answers to, as `["chat.example.com"]`; others are refused with 421. A page can have its own name point here
   * (DNS rebinding), and is of the same origin then. Default: while `origins` is `"same"`, pages that came by `https:`, and by `http:` those
   * of an address, of a name without a dot, or under `.localhost`, `.test`, `.local` and
   * `.internal`; what is no page by any name.
   */
  readonly hosts?: HostPolicy;
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
   * Publishes for the server itself: validated, stored, told to all subscribers. `authorize` is not asked; the channel's `limits` count,
   * unless `bypassLimits` says otherwise.
   *
   * @throws {GatewayError} with the code a client would get; of `RATE_LIMITED` with `retryAfterMs`.
   */
  publish<Name extends keyof Channels & string, Event extends DurableEventOf<Channels[Name]>>(
    request: PublishRequest<Channels, Name, Event>,
  ): Promise<Published>;
  /**
   * Tells, for the server itself, an event that is not stored: an ephemeral one to those who are there, a `latest` one also to those
   * who come later. Validated; limited as `publish` is; `authorize` is not asked. Resolves when it is on its way; whether anybody got it is
   * not known.
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
   * have expired (`expiresAtMs`, 24 hours from now). Of a user, credentials that say they were issued later are good. In force at once
   * here, and at every node on the same store as soon as that is told; `durability` says what it survives.
   *
   * @throws {GatewayError} `LIMIT` if there are too many to remember; `STORAGE_FULL`, `STORAGE_UNAVAILABLE` if the store cannot keep it:
   * then it is in force until this process ends. @throws {RangeError} for a time that is none.
   */
  revoke(revocation: Revocation): Promise<Revoked>;
  /**
   * Subscribes every connection that a user has, from now on, without asking `authorize`: the client gets the room by `client.onRoom`.
   * Resolves when those at this node are subscribed; other nodes on the same store are told. When a client comes back later, `authorize`
   * is asked as ever.
   *
   * @throws {GatewayError} with the code a client would get, for a channel or parameters that cannot be.
   */
  subscribe<Name extends keyof Channels & string>(request: SubscribeRequest<Channels, Name>): Promise<Reached>;
  /** Ends a user's subscriptions to a channel, at every node: their rooms are `left`, with the reason. Throws as `subscribe` does. */
  unsubscribe<Name extends keyof Channels & string>(request: UnsubscribeRequest<Channels, Name>): Promise<Reached>;
  /**
   * Closes every connection that a user has, at every node. By default with 4503, after which a client does not come back.
   *
   * @throws {GatewayError} `BAD_MESSAGE` for a code that is not 4000-4999 or a reason of more than 123 bytes.
   */
  disconnect(request: DisconnectRequest): Promise<Reached>;
  /**
   * Says that rights have changed: `authorize` is asked again of every room that a user has, or everybody, at every node. What is denied is
   * ended: the room is `left`, with the code and the words. Resolves, when all at this node are settled, with the number of connections that
   * lost something. Where `authorize` fails, the connection is closed with 1011, and the client asks for its rooms anew.
   */
  reauthorize(request?: ReauthorizeRequest): Promise<Reached>;
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
 * @throws {TypeError} for a channel, a host or a proxy that cannot be. @throws {RangeError} for a limit that is no positive number.
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
