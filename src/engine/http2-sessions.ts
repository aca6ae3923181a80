import { type ClientHttp2Session, connect as connectHttp2 } from "node:http2";
import { TLSSocket } from "node:tls";
import { type Address, addressUrl, isSameServer } from "./address.ts";
import { networkError, waitFor } from "./attempt.ts";
import { dial, type Route } from "./dial.ts";
import { HandshakeError } from "./errors.ts";
import type { TimerWheel, WheelTimer } from "./timer-wheel.ts";

// How long a session without sockets stays, for the next one. It does not keep the process alive meanwhile.
const idleMs = 10_000;

/** A session, and a place on it that is ours until it is released. */
export interface SessionLease {
  readonly session: ClientHttp2Session;
  readonly release: () => void;
}

const sharedSessions = new Set<SharedSession>();

/**
 * A place on a session to a server: on one that is there and has room, or on a new one. Shared are sessions of the same server,
 * proxy and TLS options only: what one vouches for with a certificate says nothing about another.
 *
 * @throws {HandshakeError} if there is no session in the end, or the `signal`'s reason.
 */
export async function leaseSession(
  route: Route,
  { signal, timers }: { readonly signal: AbortSignal; readonly timers: TimerWheel },
): Promise<SessionLease> {
  for (;;) {
    const shared = findShared(route) ?? createShared(route);
    shared.hold();
    const release = (): void => shared.release(timers);
    try {
      const session = await waitFor<ClientHttp2Session>(signal, (resolve, reject) => {
        shared.ready.then(resolve, reject);
        return doNothing;
      });
      if (!shared.isCrowded) return { session, release };
    } catch (error) {
      release();
      throw error;
    }
    release(); // more waited for it than the server takes: they go on to another
  }
}

function findShared(route: Route): SharedSession | undefined {
  for (const shared of sharedSessions) if (shared.hasRoom && isSameRoute(shared.route, route)) return shared;
  return undefined;
}

function createShared(route: Route): SharedSession {
  const shared = new SharedSession(route);
  sharedSessions.add(shared);
  return shared;
}

/** One session, from the moment it is dialled. */
class SharedSession {
  readonly route: Route;
  readonly ready: Promise<ClientHttp2Session>;
  readonly #givingUp = new AbortController();
  #session: ClientHttp2Session | undefined;
  #leaseCount = 0;
  #idleTimer: WheelTimer | undefined;

  constructor(route: Route) {
    this.route = route;
    this.ready = this.#open();
    this.ready.catch(doNothing); // those who wait are told, and give it up
  }

  /** Whether one more may have a place; while it is not known how many there are, everyone may hope. */
  get hasRoom(): boolean {
    if (this.#session === undefined) return true;
    return !this.#session.closed && !this.#session.destroyed && this.#leaseCount < this.#maxLeaseCount;
  }

  /** Whether more hold a place than there are. */
  get isCrowded(): boolean {
    return this.#leaseCount > this.#maxLeaseCount;
  }

  get #maxLeaseCount(): number {
    // A server that allows none is not dialled for ever: its first stream waits for a place until the deadline.
    return Math.max(this.#session?.remoteSettings.maxConcurrentStreams ?? Infinity, 1);
  }

  hold(): void {
    this.#idleTimer = undefined;
    if (this.#leaseCount++ === 0) this.#session?.ref();
  }

  release(timers: TimerWheel): void {
    if (--this.#leaseCount > 0) return;
    if (this.#session === undefined) return this.#giveUp();
    if (this.#session.destroyed) return;
    this.#session.unref();
    const timer = timers.schedule(idleMs, () => {
      if (this.#idleTimer === timer) this.#session?.close();
    });
    this.#idleTimer = timer;
  }

  async #open(): Promise<ClientHttp2Session> {
    const { signal } = this.#givingUp;
    const session = await openSession(this.route, signal);
    session.once("close", () => this.#forget());
    try {
      await waitFor<void>(signal, (resolve, reject) => {
        whenReady(session).then(resolve, reject);
        return doNothing;
      });
      this.#session = session;
      return session;
    } catch (error) {
      session.destroy();
      throw error;
    }
  }

  #giveUp(): void {
    this.#forget();
    this.#givingUp.abort(new HandshakeError("ERR_ABORTED", "Cannot connect: nobody waits any more"));
  }

  #forget(): void {
    sharedSessions.delete(this);
  }
}

async function openSession(route: Route, signal: AbortSignal): Promise<ClientHttp2Session> {
  const { address } = route;
  const socket = await dial(route, "h2", signal).catch((error: unknown) => {
    throw isWithoutAlpn(error) ? noHttp2(address, withoutAlpn, error) : error;
  });
  if (address.isSecure && socket instanceof TLSSocket && socket.alpnProtocol !== "h2") {
    socket.destroy();
    throw noHttp2(address, withoutAlpn);
  }
  const session = connectHttp2(addressUrl(address).replace(/^ws/, "http"), {
    createConnection: () => socket,
    settings: { enablePush: false },
  });
  session.on("error", doNothing); // told by whoever listens besides
  return session;
}

const withoutAlpn = "the server did not choose h2 (ALPN)";

/** RFC 7301 §3.2: a server that has none of the protocols offered says no_application_protocol. */
function isWithoutAlpn(error: unknown): boolean {
  const cause = error instanceof HandshakeError ? error.cause : undefined;
  return cause instanceof Error && "code" in cause && cause.code === "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL";
}

/** The server has no HTTP/2, or none for WebSockets. */
export function noHttp2(address: Address, reason: string, cause?: unknown): HandshakeError {
  return new HandshakeError("ERR_NO_HTTP2", `Cannot connect to ${addressUrl(address)} over HTTP/2: ${reason}`, {
    cause,
  });
}

const readiness = new WeakMap<ClientHttp2Session, Promise<void>>();

/** Waits until the server's settings are known: RFC 8441 §3 lets nobody ask before. Rejects if the session ends first. */
export function whenReady(session: ClientHttp2Session): Promise<void> {
  const known = readiness.get(session) ?? awaitSettings(session);
  readiness.set(session, known);
  return known;
}

function awaitSettings(session: ClientHttp2Session): Promise<void> {
  // The server's settings come before its answer to ours (RFC 9113 §3.4): who has that answer has them too.
  if (session.destroyed) return Promise.reject(networkError("the session is closed"));
  if (!session.connecting && !session.pendingSettingsAck) return Promise.resolve();
  const settings = new Promise<void>((resolve, reject) => {
    session.once("remoteSettings", () => resolve());
    session.once("localSettings", () => resolve());
    session.once("error", (error) => reject(networkError(error.message, error)));
    session.once("close", () => reject(networkError("the session was closed before its settings came")));
  });
  return settings;
}

function isSameRoute(one: Route, other: Route): boolean {
  return (
    isSameServer(one.address, other.address) &&
    one.proxy?.name === other.proxy?.name &&
    one.proxy?.authorization === other.proxy?.authorization &&
    isSameTls(one.proxy?.tls ?? {}, other.proxy?.tls ?? {}) &&
    isSameTls(one.tls, other.tls)
  );
}

/** Whether two sets of options are the same, value by value: in doubt they are not. */
function isSameTls(one: object, other: object): boolean {
  const [ours, theirs] = [new Map(Object.entries(one)), new Map(Object.entries(other))];
  const names = new Set([...ours.keys(), ...theirs.keys()]);
  return [...names].every((name) => isSameValue(ours.get(name), theirs.get(name)));
}

function isSameValue(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  return one instanceof Uint8Array && other instanceof Uint8Array && Buffer.compare(one, other) === 0;
}

function doNothing(): void {}
