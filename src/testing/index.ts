export { cuts } from "./cuts.ts";
export type { Cut } from "./cuts.ts";
export { describeBroker } from "./describe-broker.ts";
export type { DescribeBrokerOptions, TestFunction } from "./describe-broker.ts";
export type { BrokerStore, ExpectFunction } from "./broker-bench.ts";
export { seededRandom } from "./seeded-random.ts";
export type { SeededRandom } from "./seeded-random.ts";
export { VirtualClock } from "./virtual-clock.ts";
export type { VirtualTimer } from "./virtual-clock.ts";
