/** The client's parts that the simulator needs, and its clock on a device whose time people set. */
import { type Clock } from "../../src/client/connect-options.ts";
import { systemClock } from "../../src/client/system-clock.ts";
import type { World } from "./world.ts";

export { type Client, ClientError, connect, type Message, SendError } from "../../src/client/index.ts";

/** The client's own clock over readings of ours: its wall may jump, and its timers are the world's. */
export function systemClockFor(world: World, device: { readonly wallErrorMs: number }, isAlive: () => boolean): Clock {
  const { nowMs } = systemClock({ wallMs: () => world.wallMs + device.wallErrorMs, steadyMs: () => world.nowMs });
  return {
    nowMs,
    after: (delayMs, callback) => world.after(delayMs, () => void (isAlive() && callback())),
  };
}
