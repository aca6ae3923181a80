import type { Broker } from "../../gateway/index.ts";
import type { Durability } from "../../wire/index.ts";
import type { ServerChannel } from "../channel.ts";
import type { Control } from "../control.ts";
import type { GatewayInfo } from "../health.ts";
import type { Hooks } from "../hooks.ts";
import type { Log } from "../log.ts";
import type { Machine } from "../machine.ts";
import type { Shell } from "../shell.ts";
import type { Store } from "../store.ts";
import type { Meters } from "./meters.ts";
import type { Readiness } from "./readiness.ts";

/** An open gateway as those see it who operate it. */
export interface Operated {
  readonly channels: Readonly<Record<string, ServerChannel>>;
  readonly shell: Shell;
  readonly store: Store;
  readonly control: Control;
  readonly hooks: Hooks;
  readonly broker: Broker;
  readonly durability: Durability;
  readonly meters: Meters;
  readonly readiness: Readiness;
  readonly log: Log;
  readonly machine: Machine;
  /** A name that no other node has. */
  readonly node: string;
  info(): GatewayInfo;
  /** Takes no more connections, and lets those there are go over so long; until `reopen`. */
  drain(overMs: number): void;
  /** Takes connections again. */
  reopen(): void;
}
