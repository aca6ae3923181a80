import { BrokerError } from "../../gateway/index.ts";

/** Puts any error of the client or the server into words, with the code that a publisher is told. */
export function toBrokerError(error: unknown, action: string): BrokerError {
  if (error instanceof BrokerError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (message.startsWith("OOM")) {
    return new BrokerError("STORAGE_FULL", `Cannot ${action}: Redis has reached its maxmemory`, {
      cause: error,
      hint: "Raise maxmemory, or keep less history",
    });
  }
  return new BrokerError("STORAGE_UNAVAILABLE", `Cannot ${action}: ${describeError(message)}`, { cause: error });
}

/** The server's own words are for its operators; what they mean here is added where that is not plain. */
export function describeError(message: string): string {
  if (message.startsWith("READONLY")) return "this Redis is a replica";
  if (message.startsWith("MISCONF")) return "Redis cannot write to its disk";
  if (message.startsWith("LOADING")) return "Redis is still loading its data";
  if (message.startsWith("NOAUTH") || message.startsWith("WRONGPASS")) return "Redis asks for another password";
  if (message.startsWith("CLUSTERDOWN")) return "the Redis Cluster does not serve all of its slots";
  if (message.startsWith("ERR This instance has cluster")) {
    return "it is not part of a cluster: give its address as url";
  }
  if (message.startsWith("ERR No such master")) return "the Sentinels know no primary of that name";
  if (/^ERR unknown command .?SENTINEL/iu.test(message)) return "it is not a Sentinel: give its address as url";
  return message === "" ? "the connection to Redis failed" : message;
}
