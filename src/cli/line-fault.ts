/** What went wrong between a command and a gateway, for whoever typed it. */
import { HandshakeError } from "../engine/index.ts";
import { closeCodes } from "../wire/index.ts";
import { LineError } from "./gateway-line.ts";
import { printable } from "./printable.ts";
import { StartError } from "./start-error.ts";

/** @param place - which of several messages it was; empty where there is one. */
export function describeLineFault(
  error: unknown,
  { place, url }: { readonly url: URL; readonly place: string },
): unknown {
  const where = place === "" ? "" : ` (${place})`;
  if (error instanceof HandshakeError) {
    const options = { hint: `"switchboard inspect ${url.href}" says why`, cause: error };
    return new StartError("CONNECT", `${printable(error.message)}${where}`, options);
  }
  if (!(error instanceof LineError)) return error;
  const hint = hintFor(error, url);
  const code = error.code === "CLOSED" || error.code === "SILENT" || error.code === "NO_GATEWAY" ? "" : error.code;
  const said = printable(error.message);
  return new StartError("CONNECT", `${said}${code === "" ? "" : ` [${code}]`}${where}`, { hint, cause: error });
}

function hintFor({ close, code }: LineError, url: URL): string {
  if (close?.code === closeCodes.badCredentials) return "Give what its authenticate asks for with --token";
  switch (code) {
    case "CLOSED":
      return "Read the gateway's log; codes from 4500 on say: do not come back";
    case "SILENT":
      return "Check the address, and whether the gateway is up; --timeout and --retry-for say how long to wait";
    case "NO_GATEWAY":
      return `The demonstration's gateway is at ${url.protocol.startsWith("http") ? "its --admin-port" : "/ws"}: check the path`;
    case "UNAUTHENTICATED":
      return "Give a key of the API with --api-key-file or SWITCHBOARD_API_KEY";
    case "FORBIDDEN":
      return "This user may not do this: give another --token, or a key with the scope";
    case "UNKNOWN_CHANNEL":
      return 'The gateway\'s hello lists its channels: "switchboard doctor <url>" shows it';
    default:
      return "SPEC.md, chapter Wire, has every error and what to do about it";
  }
}
