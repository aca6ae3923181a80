import type { Room, RoomOptions } from "../client/index.ts";
import { Lease } from "./lease.ts";
import type { ClientLike } from "./provider.ts";

/** Which room. */
export interface RoomAddress {
  readonly channel: string;
  readonly params: Readonly<Record<string, string>>;
  readonly options: RoomOptions;
}

type OpenAnyRoom = (params: Readonly<Record<string, string>>, options: RoomOptions) => Room;

/** A room that is open while somebody holds it, however many components do. */
export class RoomLease {
  readonly #lease: Lease;
  #room: Room | undefined;

  constructor(client: ClientLike, { channel, params, options }: RoomAddress, ended: () => void) {
    this.#lease = new Lease(() => {
      // A client has all the channels of its gateway by name; which, the types have checked where `useRoom` is called.
      const open = (client as unknown as Readonly<Record<string, OpenAnyRoom>>)[channel];
      const room = open?.(params, options);
      this.#room = room;
      return () => {
        this.#room = undefined;
        room?.leave();
        ended();
      };
    });
  }

  get room(): Room | undefined {
    return this.#room;
  }

  hold(): () => void {
    return this.#lease.hold();
  }
}

const leases: WeakMap<ClientLike, Map<string, RoomLease>> = new WeakMap();

/** The room of an address, if anybody holds it. */
export function openRoomOf(client: ClientLike, address: RoomAddress): Room | undefined {
  return leases.get(client)?.get(keyOf(address))?.room;
}

/** The lease of a room: the same for the same client and address, while it is held. */
export function leaseOf(client: ClientLike, address: RoomAddress): RoomLease {
  const key = keyOf(address);
  let known = leases.get(client);
  if (known === undefined) leases.set(client, (known = new Map()));
  const open = known.get(key);
  if (open !== undefined) return open;
  const ofClient = known;
  const lease = new RoomLease(client, address, () => ofClient.delete(key));
  known.set(key, lease);
  return lease;
}

/** The same for the same channel and parameters, in whatever order. */
export function keyOf({ channel, params }: Pick<RoomAddress, "channel" | "params">): string {
  return JSON.stringify([channel, Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1))]);
}
