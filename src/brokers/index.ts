export { memoryBroker } from "./memory.ts";
export type { MemoryBrokerOptions } from "./memory.ts";
