/** The gateway: typed, durable channels on WebSocket connections. Public as `switchboard`. */
export {
  jetStreamBroker,
  type JetStreamBrokerOptions,
  memoryBroker,
  type MemoryBrokerOptions,
  redisBroker,
  type RedisBrokerOptions,
  type RedisCredentials,
  type RedisPlaceOptions,
  type RedisSentinelOptions,
  sqliteBroker,
  type SqliteBrokerOptions,
} from "../brokers/index.ts";
export type { AnyHttpServer, OriginPolicy, UpgradeRequest } from "../engine/index.ts";
export {
  type Broker,
  BrokerError,
  type BrokerErrorCode,
  type BrokerStats,
  type Claims,
  type ChannelLimits,
  type GatewayLimits,
  type HistoryLimits,
  type RevocationTarget,
} from "../gateway/index.ts";
export type {
  CallDefinition,
  ChannelDefinition,
  Durability,
  EventDefinition,
  HandleContext,
  HasChannels,
  Position,
  PublishContext,
  RequestContext,
  StandardSchema,
  StoredMessage,
  User,
} from "../wire/index.ts";
export { binary, type BinaryOptions, type BinarySchema } from "./binary.ts";
export {
  type AuthorizeRequest,
  type CallDefinitions,
  channel,
  type ChannelOptions,
  type EventDefinitions,
  type ServerChannel,
  type ServerSide,
} from "./channel.ts";
export type { DrainOptions } from "./drain.ts";
export type { TrustedProxies } from "./client-address.ts";
export type { Authenticated, Identification, Refused } from "./credentials.ts";
export { GatewayError, type GatewayErrorCode } from "./errors.ts";
export { ephemeral, type EphemeralOptions, event, type EventOptions, latest, type LatestOptions } from "./event.ts";
export { createGateway, type Gateway, type GatewayOptions, type ServerChannels } from "./gateway.ts";
export { answerHealth, type GatewayInfo } from "./health.ts";
export type { Authenticate, AuthenticateRequest } from "./hooks.ts";
export type { HostPolicy } from "./hosts.ts";
export { jwtAuthenticator, type JwtKeys, type JwtOptions } from "./jwt.ts";
export type { JsonWebKeyLike, JsonWebKeySet, JwtAlgorithm } from "./jwt-keys.ts";
export type { ServerLimits } from "./limits.ts";
export type { GatewayAddress, ListenOptions } from "./listener.ts";
export type { Log } from "./log.ts";
export type { AdminAddress, AdminOptions } from "./operate/admin-listener.ts";
export type { ApiKey, ApiScope } from "./operate/api-keys.ts";
export type {
  DurableEventOf,
  Published,
  PublishRequest,
  ServerEventRequest,
  TellRequest,
  UnstoredEventOf,
} from "./publish.ts";
export { Refusal } from "./refusal.ts";
export { type CallContext, rpc, type RpcOptions, type ServerCall } from "./rpc.ts";
export type { Revocation } from "./revocations.ts";
export type { Revoked } from "./control.ts";
export type { TicketRequest } from "./tickets.ts";
export type {
  DisconnectRequest,
  Reached,
  ReauthorizeRequest,
  SubscribeRequest,
  UnsubscribeRequest,
} from "./commands.ts";
export { userChannel, type UserChannelOptions } from "./user-channel.ts";
