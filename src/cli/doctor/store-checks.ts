/** Whether a store can be opened, what it gives, and how fast a message gets through it: asked the way a gateway does. */
import { type Broker, BrokerError, createGateway, type Durability, GatewayError } from "../../server/index.ts";
import { describeReadiness } from "./ask-health.ts";
import { type DoctorFinding, findingsOf } from "./finding.ts";

/** What a level covers, for people. */
export const levelMeanings: Readonly<Record<Durability, string>> = {
  mem: "What was acknowledged is lost with the process",
  os: "What was acknowledged survives kill -9 of the process, and not power loss",
  fsync: "What was acknowledged survives power loss",
  quorum: "What was acknowledged survives the loss of a node",
};

/** @param options.name - of the store, for people. @param options.forget - what it says of itself that nobody has to know. */
export async function checkStore(
  broker: Broker,
  { forget = "", name }: { readonly name: string; readonly forget?: string },
): Promise<readonly DoctorFinding[]> {
  const gateway = createGateway({ channels: {}, broker });
  try {
    const { url } = await gateway.listenAdmin({ port: 0 });
    const { durability = "mem", store = "" } = gateway.info();
    return [checkLevel(name, durability, store.replace(forget, "")), await describeReadiness(new URL(url), "canary")];
  } catch (error) {
    if (!(error instanceof BrokerError) && !(error instanceof GatewayError)) throw error;
    const remedy = error instanceof BrokerError ? (error.hint ?? "") : "";
    return [findingsOf("store").error(error.message, "A gateway does not start with this store", remedy)];
  } finally {
    await gateway.close({ graceMs: 1_000 });
  }
}

export function checkLevel(name: string, durability: Durability, store: string): DoctorFinding {
  const { ok, warning } = findingsOf("store");
  const found = `${name} gives ${durability}: ${store}`;
  return durability === "mem" || durability === "os"
    ? warning(
        found,
        levelMeanings[durability],
        "Where that is not enough, use another store, and start with --require fsync",
      )
    : ok(found, levelMeanings[durability]);
}
