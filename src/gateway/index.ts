/** The gateway without a world, and what it needs of one. SPEC.md, chapter "Gateway", is the reference. */
export type {
  AppendDraft,
  AuthorizeQuestion,
  ChannelLimits,
  ChannelSettings,
  Command,
  Claims,
  EventSettings,
  Failed,
  GatewayEffect,
  GatewayInput,
  Identity,
  OwnChannel,
  QuestionEffect,
  Questions,
  RecallDraft,
  Results,
  RevocationTarget,
  SettledInput,
  Tell,
  ValidateQuestion,
} from "./effects.ts";
export type { ChannelFacts } from "./channel-facts.ts";
export type { GatewayCounters } from "./counters.ts";
export type { Found, Route } from "./directory.ts";
export { decodeBroadcast } from "./broadcast.ts";
export { GatewayCore, type GatewayCoreInfo, type GatewayCoreOptions } from "./gateway-core.ts";
export { defaultLimits, type GatewayLimits } from "./limits.ts";
export { deliveryOf } from "./page.ts";
export * from "./ports.ts";
export type { Attendance } from "./presence.ts";
export type { Delivery } from "./ring.ts";
export type { SessionFacts } from "./session.ts";
