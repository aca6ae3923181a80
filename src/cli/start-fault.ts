/** Why the command cannot start, in words for whoever typed it. */
import { BrokerError, GatewayError } from "../server/index.ts";
import { StartError } from "./start-error.ts";

export interface StartFault {
  readonly sentence: string;
  readonly hint: string;
}

/** Puts an error into words; undefined for one that nobody foresaw, which is a fault of ours and keeps its stack. */
export function describeFault(error: unknown): StartFault | undefined {
  if (error instanceof StartError) return { sentence: error.message, hint: error.hint };
  if (error instanceof BrokerError) {
    // Servers have hints of their own.
    return { sentence: error.message, hint: error.hint ?? "Give another folder with --data" };
  }
  if (error instanceof GatewayError && error.code === "DURABILITY_TOO_LOW") {
    return {
      sentence: error.message,
      hint: "Put --data on a disk that keeps what it syncs, have the server of --broker sync, or ask for less with --require",
    };
  }
  return undefined;
}
