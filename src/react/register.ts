import type { ClientControls, HasChannels } from "../client/index.ts";

/**
 * Where an application says once which gateway its hooks are for; without it every channel and event name compiles.
 *
 * @example
 * declare module "switchboard/react" {
 *   interface Register { gateway: typeof gateway }
 * }
 */
export interface Register {}

/** The gateway of {@link Register}, or any. */
export type RegisteredGateway = Register extends { readonly gateway: infer Gateway extends HasChannels }
  ? Gateway
  : HasChannels;

/** The channels of a gateway that a client can open. */
export type ChannelName<Gateway extends HasChannels = RegisteredGateway> = Exclude<
  keyof Gateway["channels"] & string,
  keyof ClientControls
>;
