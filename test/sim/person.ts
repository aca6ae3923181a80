import type { SeededRandom } from "../../src/testing/index.ts";
import { App } from "./app.ts";
import type { Network } from "./network.ts";
import { type Place, places, type Said } from "./sim-channels.ts";
import type { World } from "./world.ts";

/** How long after the end of an application the next one starts. */
const restartAfterMs = 400;

/** Somebody with one device: starts the application again whenever it ends, and has something to say. */
export class Person {
  readonly user: string;
  readonly clock = { wallErrorMs: 0 };
  readonly #world: World;
  readonly #network: Network;
  readonly #random: SeededRandom;
  readonly #device: number;
  #app: App;
  #appCount = 0;
  #messageCount = 0;

  /** @param device - tells the devices of one user apart. */
  constructor({ device, network, user, world }: { world: World; network: Network; user: string; device: number }) {
    this.user = user;
    this.#world = world;
    this.#network = network;
    this.#device = device;
    this.#random = world.random(`${user} ${device}`);
    this.#app = this.#start();
  }

  get app(): App {
    return this.#app;
  }

  say(random: SeededRandom, options?: { readonly abortAfterMs: number }): void {
    const reader = this.#app.readers.length > 0 ? random.pick(this.#app.readers) : undefined;
    if (reader !== undefined) this.#say(reader.place, random.pick([0, 0, 40, 300, 900]), options);
  }

  #say(place: Place, padCount = 0, options?: { readonly abortAfterMs: number }): void {
    this.#messageCount += 1;
    // Ids of different users meet, those of one user's devices do not.
    const id = `${this.#device}-${this.#messageCount}`;
    const data: Said = { hash: `${this.user} ${id}`, pad: "x".repeat(padCount) };
    this.#app.publish(place, id, data, options);
  }

  open(random: SeededRandom): void {
    this.#app.open(random.pick(places), random.pick([0, 0, 3, 20]));
  }

  leave(random: SeededRandom): void {
    this.#app.leave(random.pick(places));
  }

  kill(): void {
    this.#app.kill();
    this.#startLater();
  }

  quit(): void {
    this.#app.quit();
    this.#startLater();
  }

  /** Says a last word everywhere: publishing goes on by itself when everything is mended. */
  sayFarewell(): void {
    for (const place of places) this.#say(place);
  }

  /** Opens what is not open, so that at the end somebody waits for everything. */
  openAll(): void {
    for (const place of places) this.#app.open(place, 0);
  }

  #startLater(): void {
    const ended = this.#app;
    this.#world.after(restartAfterMs, () => {
      if (this.#app === ended) this.#app = this.#start();
    });
  }

  #start(): App {
    this.#appCount += 1;
    const name = `${this.user}-${this.#device}-${this.#appCount}`;
    const app = new App({
      world: this.#world,
      network: this.#network,
      random: this.#random,
      name,
      user: this.user,
      device: Buffer.from(`${this.user} ${this.#device}`).toString("hex").padEnd(32, "0"),
      address: `10.0.${this.#device}.${this.user.charCodeAt(0)}`,
      clock: this.clock,
    });
    const first: Place = this.#random.pick(places);
    app.open(first, this.#random.pick([0, 5]));
    app.open(this.#random.pick(places), 0);
    return app;
  }
}
