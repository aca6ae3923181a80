export { memoryBroker } from "./memory.ts";
export type { MemoryBrokerOptions } from "./memory.ts";
export { redisBroker } from "./redis/redis-broker.ts";
export type { RedisBrokerOptions } from "./redis/redis-broker.ts";
export { sqliteBroker } from "./sqlite/sqlite-broker.ts";
export type { SqliteBrokerOptions } from "./sqlite/sqlite-broker.ts";
