import { sqliteBroker } from "../brokers/index.ts";
import type { AnyHttpServer } from "../engine/index.ts";
import { type BrokerInfo, type Command, GatewayCore } from "../gateway/index.ts";
import { Access } from "./access.ts";
import { checkChannels, settingsOf } from "./channel-settings.ts";
import {
  disconnectCommand,
  type DisconnectRequest,
  type Reached,
  type ReauthorizeRequest,
  subscribeCommand,
  unsubscribeCommand,
} from "./commands.ts";
import { Control, controlChannel, type Revoked } from "./control.ts";
import { drain, type DrainOptions, readDrainOptions } from "./drain.ts";
import { GatewayError } from "./errors.ts";
import type { Gateway, GatewayOptions, ServerChannels } from "./gateway.ts";
import type { GatewayInfo } from "./health.ts";
import { authenticateGuest, Hooks, type HooksOptions } from "./hooks.ts";
import { Hosts } from "./hosts.ts";
import { readLimits, type ServerLimits } from "./limits.ts";
import { type GatewayAddress, Listener, type ListenOptions } from "./listener.ts";
import { type Log, silentLog, withoutControls } from "./log.ts";
import type { Machine } from "./machine.ts";
import { type AdminAddress, AdminListener, type AdminOptions } from "./operate/admin-listener.ts";
import { Meters } from "./operate/meters.ts";
import type { Operated } from "./operate/operated.ts";
import { canaryChannel, Readiness } from "./operate/readiness.ts";
import { readStored } from "./read-stored.ts";
import { findTracing } from "./operate/tracing.ts";
import { prepareTell, publish, type Published } from "./publish.ts";
import type { Revocation } from "./revocations.ts";
import { Shell, type ShellOptions } from "./shell.ts";
import { Store } from "./store.ts";
import type { TicketRequest } from "./tickets.ts";
import { Verdicts } from "./verdicts.ts";

/** {@link createGateway} makes one. */
export class GatewayServer<Channels extends ServerChannels> implements Gateway<Channels> {
  readonly channels: Channels;
  readonly #machine: Machine;
  readonly #options: GatewayOptions<Channels>;
  readonly #limits: ServerLimits;
  readonly #log: Log;
  readonly #access: Access;
  readonly #hosts: Hosts;
  readonly #listeners: { close(): Promise<void> }[] = [];
  #opening: Promise<Operated> | undefined;
  #running: Operated | undefined;
  #closing: Promise<void> | undefined;
  /** No connection is left, and nothing is published any more. */
  #isDrained = false;

  constructor(machine: Machine, options: GatewayOptions<Channels>) {
    this.channels = options.channels;
    this.#machine = machine;
    this.#options = options;
    this.#limits = readLimits(options.limits);
    this.#log = withoutControls(options.log ?? silentLog);
    checkChannels(options.channels);
    const { hosts, origins = "same", trustedProxies } = options;
    // Only where a page's own name is its right to connect does it matter whose name that is.
    this.#hosts = new Hosts(hosts ?? (origins === "same" ? undefined : "any"));
    this.#access = new Access({ hosts: this.#hosts, trustedProxies, limits: this.#limits, log: this.#log, machine });
  }

  async listen(options: ListenOptions): Promise<GatewayAddress> {
    const { shell } = await this.#open();
    const listener = new Listener(options, {
      info: () => this.info(),
      maxConnections: this.#limits.maxConnections,
      hosts: this.#hosts,
    });
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
    return publish(await this.#use(), request);
  }

  async tell(request: Parameters<typeof prepareTell>[1]): Promise<void> {
    const running = await this.#use();
    running.shell.feed({ type: "told", tell: await prepareTell(running, request) });
  }

  issueTicket(ticket: TicketRequest): string {
    return this.#access.issueTicket(ticket);
  }

  async revoke(revocation: Revocation): Promise<Revoked> {
    return (await this.#use()).control.revoke(revocation);
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

  async reauthorize({ userId }: ReauthorizeRequest = {}): Promise<Reached> {
    return this.#command(userId === undefined ? { type: "reauthorize" } : { type: "reauthorize", userId });
  }

  async #command(command: Command): Promise<Reached> {
    const { control } = await this.#use();
    return { connectionCount: await control.command(command) };
  }

  info(): GatewayInfo {
    const running = this.#running;
    const counts = running?.shell.info ?? { connectionCount: 0, channelCount: 0, droppedEphemeralCount: 0 };
    const isClosing = this.#closing !== undefined;
    if (isClosing && (this.#isDrained || running === undefined)) return { status: "closed", ...counts };
    if (running === undefined) return { status: "starting", ...counts };
    const { durability } = running;
    const store = running.store.description;
    if (isClosing || running.shell.isDraining) return { status: "draining", durability, store, ...counts };
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
    const { control, shell, store } = running;
    const endMs = this.#machine.steadyMs() + options.graceMs;
    shell.isDraining = true;
    await drain(shell, this.#machine, options);
    this.#isDrained = true;
    const graceMs = Math.max(1, endMs - this.#machine.steadyMs());
    await this.#settle(store, graceMs);
    await shell.engine.close({ code: 1001, reason: "The server is going away", graceMs });
    await Promise.all(this.#listeners.map((listener) => listener.close()));
    shell.stop();
    control.stop();
    await store.close();
    this.#log.info({}, "Closed");
  }

  /** Lets the connections go and stays, so that an operator can stop it or have it go on. */
  #drainOnly(shell: Shell, overMs: number): void {
    if (shell.isDraining) throw new GatewayError("CLOSED", "Cannot drain: this node drains already");
    shell.isDraining = true;
    const options = readDrainOptions({ drainMs: overMs, graceMs: overMs + 25_000 });
    void drain(shell, this.#machine, options).then(() => {
      this.#log.info({ connectionCount: shell.sockets.size, isDraining: shell.isDraining }, "The drain is over");
    });
  }

  #reopen(shell: Shell): void {
    if (this.#closing !== undefined) throw new GatewayError("CLOSED", "Cannot open again: the gateway is closing");
    shell.isDraining = false;
  }

  /** While it drains, the server itself still publishes. */
  async #use(): Promise<Operated> {
    return this.#closing !== undefined && this.#running !== undefined && !this.#isDrained
      ? this.#running
      : this.#open();
  }

  #open(): Promise<Operated> {
    if (this.#closing !== undefined) throw new GatewayError("CLOSED", "Cannot use the gateway: it is closed");
    this.#opening ??= this.#start();
    return this.#opening;
  }

  #hookOptions(windowMs: number): Omit<HooksOptions, "meters" | "authenticate" | "readMessage"> {
    const { callTimeoutMs, hookTimeoutMs: timeoutMs, maxPendingHookCount: maxPendingCount } = this.#limits;
    const { maxVerdictChars: maxChars, maxVerdictCount: maxCount } = this.#limits;
    return {
      verdicts: new Verdicts({ maxCount, maxChars, windowMs, steadyMs: () => this.#machine.steadyMs() }),
      channels: this.channels,
      timeoutMs,
      callTimeoutMs,
      maxPendingCount,
      isRevoked: (credentials, nowMs) => this.#access.isRevoked(credentials, nowMs),
      log: this.#log,
      machine: this.#machine,
    };
  }

  async #start(): Promise<Operated> {
    const { broker = sqliteBroker({ file: "data/switchboard.db" }), require = "mem" } = this.#options;
    const log = this.#log;
    const machine = this.#machine;
    const meters = new Meters();
    const store = new Store({ broker, require, log, machine, meters });
    const readiness = new Readiness({ store, machine, info: () => this.info() });
    // The store tells of nothing before the core, which is made below, has joined a channel.
    let parts: Pick<Operated, "shell" | "control" | "hooks" | "node"> | undefined;
    const opened = await store.open({
      appended(channel, epoch, entry) {
        if (channel === canaryChannel) readiness.heard(entry.messageId);
        else parts?.shell.appended(channel, epoch, entry);
      },
      broadcasted(channel, payload) {
        if (channel === controlChannel) parts?.control.heard(payload);
        else parts?.shell.broadcasted(channel, payload);
      },
      returned: () => parts?.control.returned(),
    });
    try {
      parts = this.#assemble({ store, meters, opened });
      // Before anybody is let in: what was revoked before must be known.
      await parts.control.open();
      const { shell } = parts;
      store.tracing = await findTracing((name) => patternOf(shell, name));
    } catch (error) {
      await store.close();
      throw error;
    }
    const { durability } = opened;
    this.#running = {
      ...parts,
      channels: this.channels,
      store,
      broker,
      durability,
      meters,
      readiness,
      log,
      machine,
      info: () => this.info(),
      drain: (overMs) => this.#drainOnly(parts.shell, overMs),
      reopen: () => this.#reopen(parts.shell),
    };
    return this.#running;
  }

  /** What works on a store that is open. */
  #assemble({
    meters,
    opened,
    store,
  }: {
    readonly store: Store;
    readonly meters: Meters;
    readonly opened: BrokerInfo;
  }): Pick<Operated, "shell" | "control" | "hooks" | "node"> {
    const { authenticate = authenticateGuest } = this.#options;
    const { dedupWindowMs, durability, isShared = false } = opened;
    const node = this.#machine.createName();
    const readMessage: HooksOptions["readMessage"] = (channel, offset) => readStored(store, channel, offset);
    const hooks = new Hooks({ ...this.#hookOptions(dedupWindowMs), meters, authenticate, readMessage });
    const core = new GatewayCore({
      channels: settingsOf(this.channels),
      limits: this.#limits,
      durability,
      dedupWindowMs,
      node,
      isShared,
    });
    const shell = this.#makeShell({ core, hooks, store, meters });
    const control = new Control({
      access: this.#access,
      shell,
      store,
      log: this.#log,
      machine: this.#machine,
      durability,
      node,
    });
    return { shell, control, hooks, node };
  }

  #makeShell(parts: Pick<ShellOptions, "core" | "hooks" | "store" | "meters">): Shell {
    const { compression, origins = "same" } = this.#options;
    const { entrance } = this.#access;
    const own = { limits: this.#limits, log: this.#log, machine: this.#machine };
    return new Shell({ ...parts, ...own, entrance, origins, compression });
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
