import { brokerOf } from "../broker-url.ts";
import { type GatewayUrl, readConnectOptions } from "../gateway-options.ts";
import type { TransportFlags } from "../connection-options.ts";
import { memoryBroker } from "../../server/index.ts";
import { checkData } from "./data-checks.ts";
import type { DoctorFinding } from "./finding.ts";
import { checkGateway } from "./gateway-checks.ts";
import { checkMachine } from "./machine-checks.ts";
import { readMachine } from "./read-machine.ts";
import { checkStore } from "./store-checks.ts";

export interface Examined extends TransportFlags {
  readonly data: string;
  readonly broker?: string;
}

/** Makes every check that there is something for. */
export async function examine(target: GatewayUrl | undefined, flags: Examined): Promise<readonly DoctorFinding[]> {
  const { broker, data } = flags;
  return [
    ...checkMachine(readMachine()),
    ...(broker === undefined || broker === "sqlite" ? await checkData(data) : await checkBroker(broker)),
    ...(target === undefined ? [] : await checkGateway(target.url, target.isHttp, readConnectOptions(flags))),
  ];
}

function checkBroker(url: string): Promise<readonly DoctorFinding[]> {
  if (url === "memory") return checkStore(memoryBroker(), { name: "Memory" });
  const { host, protocol } = new URL(url);
  return checkStore(brokerOf(url), { name: `${protocol.startsWith("redis") ? "Redis" : "JetStream"} at ${host}` });
}
