import { type Client, ClientError, connect, type Message, SendError, systemClockFor } from "./client-parts.ts";
import type { SeededRandom } from "../../src/testing/index.ts";
import type { Position } from "../../src/wire/index.ts";
import { Tries, Watcher } from "./line-watcher.ts";
import type { Network } from "./network.ts";
import { nameOf, type Place, type Said, type SimChannels } from "./sim-channels.ts";
import { type LineWatcher, simWebSocketFor, type SocketOwner } from "./sim-web-socket.ts";
import type { World } from "./world.ts";

export interface AppOptions {
  readonly world: World;
  readonly network: Network;
  readonly random: SeededRandom;
  /** Of this run of the application: no other has it. */
  readonly name: string;
  readonly user: string;
  readonly device: string;
  readonly address: string;
  /** The device's clock, which people may set. */
  readonly clock: { wallErrorMs: number };
}

interface SimGateway {
  readonly channels: SimChannels;
}
type SimRoom = ReturnType<Client<SimGateway>["room"]> | ReturnType<Client<SimGateway>["brief"]>;

/** One view of one channel, from the opening of a room to its end. */
interface Reader {
  readonly name: string;
  readonly place: Place;
  readonly room: SimRoom;
  /** Where it is, by what its handlers were called with; undefined until the first subscription stands. */
  at: Position | undefined;
  isOver: boolean;
}

/** Refusals that say for certain that this try stored nothing. */
const uncertain: ReadonlySet<string> = new Set(["CLOSED", "ABORTED", "DEDUP_EXPIRED"]);

/** One run of an application on one device: the real client, with everything it is told written into the history. */
export class App implements SocketOwner {
  readonly name: string;
  readonly address: string;
  readonly tries: Tries = new Tries();
  readonly #options: AppOptions;
  readonly #client: Client<SimGateway>;
  readonly #readers = new Map<string, Reader>();
  /** The name of the newest reader of each channel. */
  readonly #opened = new Map<string, string>();
  /** What is published and has no end yet, by channel and id. */
  readonly #pending = new Map<string, { readonly channel: string; readonly id: string; count: number }>();
  readonly #acknowledged: { readonly place: Place; readonly id: string; readonly data: Said }[] = [];
  #watcher: Watcher | undefined;
  #isAlive = true;
  #readerCount = 0;

  constructor(options: AppOptions) {
    const { address, clock, device, name, network, random, user, world } = options;
    this.#options = options;
    this.name = name;
    this.address = address;
    this.#client = connect<SimGateway>("ws://sim/", {
      WebSocket: simWebSocketFor(network, this),
      clock: systemClockFor(world, clock, () => this.#isAlive),
      random: () => random.uint32() / 2 ** 32,
      device,
      token: random.chance(0.5) ? user : async () => user,
      backoff: { minMs: 100, maxMs: 3000 },
      connectTimeoutMs: 6000,
    });
    this.#client.onError((error) => this.#hearError(error));
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  get client(): Client<SimGateway> {
    return this.#client;
  }

  get pendingCount(): number {
    return this.#pending.size;
  }

  get readers(): readonly Reader[] {
    return this.#isAlive ? [...this.#readers.values()].filter(({ isOver }) => !isOver) : [];
  }

  watchLine(): LineWatcher {
    const { name, world } = this.#options;
    this.#watcher = new Watcher({
      world,
      name,
      tries: this.tries,
      subscribing: (channel) => this.#begin(channel),
    });
    return this.#watcher;
  }

  // ---- what people do

  open(place: Place, recent: number): void {
    const channel = nameOf(place);
    if (!this.#isAlive || this.#readerOf(place) !== undefined) return;
    this.#readerCount += 1;
    const name = `${this.name}.${this.#readerCount}`;
    this.#opened.set(channel, name); // before its subscription is asked for
    const room =
      place.channel === "room"
        ? this.#client.room({ id: place.id }, { recent })
        : this.#client.brief({ id: place.id }, { recent });
    const reader: Reader = { name, place, room, at: undefined, isOver: false };
    this.#readers.set(channel, reader);
    room.said.on((message) => this.#receive(reader, message));
    room.onGap((gap) => this.#hearGap(reader, gap));
    room.onStatus(({ status }) => {
      if (status !== "refused" && status !== "left") return;
      reader.isOver = true;
      this.#options.world.note(`${reader.name} ends: ${status}`);
    });
  }

  leave(place: Place): void {
    this.#readerOf(place)?.room.leave();
  }

  /** @param data - of a new message, or of one that is sent again. */
  publish(place: Place, id: string, data: Said, { abortAfterMs = Infinity } = {}): void {
    const reader = this.#readerOf(place);
    if (reader === undefined) return;
    const { user, world } = this.#options;
    const of = { client: this.name, channel: nameOf(place), user, id };
    const sentAtMs = world.elapsedMs;
    const giveUp = new AbortController();
    if (abortAfterMs < Infinity) world.after(abortAfterMs, () => this.#isAlive && giveUp.abort());
    world.record({ type: "publish", ...of, hash: data.hash });
    world.count("publishes");
    this.#await(of.channel, id, 1);
    reader.room.said.send(data, { id, signal: giveUp.signal }).then(
      ({ durability, duplicate, offset }) => {
        if (!this.#isAlive) return;
        const { epoch, tag } = this.tries.placeOf(id) ?? {};
        const at = epoch === undefined || tag === undefined ? { offset } : { epoch, offset, tag };
        world.record({ type: "ack", ...of, ...at, durability, duplicate, hash: data.hash, sentAtMs });
        world.count("acknowledged");
        this.#acknowledged.push({ place, id, data });
        this.#await(of.channel, id, -1);
      },
      (error: SendError) => this.#fail(of, error),
    );
  }

  /** Sends something again that is stored already, or other data under its id, which must not be. */
  repeat(random: SeededRandom, { isOther }: { readonly isOther: boolean }): void {
    const { world } = this.#options;
    const recent = this.#acknowledged.slice(-5);
    if (recent.length === 0) return;
    const { data, id, place } = random.pick(recent);
    world.count(isOther ? "ids used for other data" : "publishes repeated");
    this.publish(place, id, isOther ? { ...data, hash: `${data.hash} other` } : data);
  }

  type(place: Place): void {
    const reader = this.#readerOf(place);
    if (reader === undefined) return;
    reader.room.typing.send({ hash: "", pad: "" }).catch(() => {}); // the room may end before it is known what `typing` is
    this.#options.world.count("ephemeral events");
  }

  readHistory(place: Place, before: number, count: number): void {
    const reader = this.#readerOf(place);
    if (reader === undefined) return;
    reader.room.history({ before, count }).then(
      ({ messages, more }) => {
        if (!this.#isAlive) return;
        const epoch = this.#watcher?.epochOf(nameOf(place));
        this.#options.world.record({
          type: "page",
          client: this.name,
          channel: nameOf(place),
          before,
          count,
          more,
          messages: messages.map(({ data, id, offset, user }) => ({
            user: user.id,
            id,
            hash: data.hash,
            offset,
            ...(epoch === undefined ? {} : { epoch }),
          })),
        });
      },
      () => {}, // refused, or given up with the room
    );
  }

  /** SIGKILL, or a tab that is gone: what it published and heard nothing of, nobody can tell it. */
  kill(): void {
    const { network, world } = this.#options;
    this.#isAlive = false;
    for (const { channel, id } of this.#pending.values()) this.#lose(channel, id);
    this.#pending.clear();
    for (const line of network.lines) if (line.client.name === this.name) line.break("server only", false);
    world.note(`${this.name} is gone`);
  }

  quit(): void {
    void this.#client.close();
    this.#options.world.note(`${this.name} quits`);
  }

  #readerOf(place: Place): Reader | undefined {
    return this.readers.find((reader) => reader.place === place);
  }

  // ---- what it is told

  #begin(channel: string): (position: Position) => void {
    const name = this.#opened.get(channel);
    return (position) => {
      const reader = this.readers.find((one) => one.name === name);
      if (reader === undefined || reader.at !== undefined) return;
      reader.at = position;
      this.#options.world.record({ type: "subscribe", client: reader.name, channel, ...position });
    };
  }

  #receive(reader: Reader, { data, id, offset, user }: Message<Said>): void {
    const channel = nameOf(reader.place);
    const current = this.#watcher?.current;
    const tag = current?.type === "event" && current.offset === offset ? current.tag : 0;
    const epoch = this.#watcher?.epochOf(channel) ?? "";
    reader.at = { epoch, offset, tag };
    const { world } = this.#options;
    world.count("deliveries");
    world.record({ type: "receive", client: reader.name, channel, user: user.id, id, hash: data.hash, ...reader.at });
  }

  #hearGap(
    reader: Reader,
    { from, reason, to }: { from: number; to: number; reason: "trimmed" | "truncated" | "epoch" },
  ): void {
    const current = this.#watcher?.current;
    const channel = nameOf(reader.place);
    const before = reader.at?.offset === from ? reader.at : { offset: from };
    const after = current?.type === "gap" && current.to.offset === to ? current.to : { epoch: "", offset: to, tag: 0 };
    this.#options.world.record({ type: "gap", client: reader.name, channel, from: before, to: after, reason });
    reader.at = after;
  }

  #fail(of: { client: string; channel: string; user: string; id: string }, { code }: SendError): void {
    if (!this.#isAlive) return;
    const { world } = this.#options;
    this.#await(of.channel, of.id, -1);
    if (code === "ID_CONFLICT") return; // of the message that is stored under this id nothing is said
    const isCertain = this.tries.isCertain(of.id) && !uncertain.has(code);
    world.count(isCertain ? "publishes refused" : "publishes unknown");
    world.record(isCertain ? { type: "fail", ...of, code } : { type: "unknown", ...of });
  }

  #lose(channel: string, id: string): void {
    const { user, world } = this.#options;
    world.count("publishes unknown");
    world.record({ type: "unknown", client: this.name, channel, user, id });
  }

  #await(channel: string, id: string, by: 1 | -1): void {
    const key = `${channel} ${id}`;
    const pending = this.#pending.get(key) ?? { channel, id, count: 0 };
    pending.count += by;
    if (pending.count === 0) this.#pending.delete(key);
    else this.#pending.set(key, pending);
  }

  #hearError({ code, message }: ClientError): void {
    const { world } = this.#options;
    world.note(`${this.name} reports ${code}: ${message}`);
    world.count(`client reports: ${code}`);
    if (code !== "PROTOCOL" && code !== "LISTENER") return;
    world.record({ type: "complaint", client: this.name, channel: "", sentence: message });
  }
}
