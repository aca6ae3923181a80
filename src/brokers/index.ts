export { memoryBroker } from "./memory.ts";
export type { MemoryBrokerOptions } from "./memory.ts";
export { jetStreamBroker } from "./jetstream/jetstream-broker.ts";
export type { JetStreamBrokerOptions } from "./jetstream/jetstream-broker.ts";
export { redisBroker } from "./redis/redis-broker.ts";
export type { RedisBrokerOptions } from "./redis/redis-broker.ts";
export type { RedisCredentials, RedisPlaceOptions, RedisSentinelOptions } from "./redis/redis-place.ts";
export { sqliteBroker } from "./sqlite/sqlite-broker.ts";
export type { SqliteBrokerOptions } from "./sqlite/sqlite-broker.ts";
