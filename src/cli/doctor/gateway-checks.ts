/** What a gateway says of itself to whoever connects. */
import { connect, type ConnectOptions, HandshakeError } from "../../engine/index.ts";
import { decodeServerMessage, type HelloMessage, subprotocol } from "../../wire/index.ts";
import { describeHealth, describeReadiness } from "./ask-health.ts";
import { type DoctorFinding, findingsOf } from "./finding.ts";
import { checkNames } from "./name-check.ts";
import { levelMeanings } from "./store-checks.ts";

/** A URL of the operator's port is asked over HTTP; one of the gateway is connected to, and its neighbour asked. */
export async function checkGateway(
  url: URL,
  isHttp: boolean,
  options: ConnectOptions,
): Promise<readonly DoctorFinding[]> {
  if (isHttp) return [await describeHealth(url), await describeReadiness(url, "readiness")];
  const page = new URL(url);
  page.protocol = url.protocol === "wss:" ? "https:" : "http:";
  // With TLS a browser has seen to it that the name is the server's.
  const names = url.protocol === "ws:" ? await checkNames(url, options.handshakeTimeoutMs ?? 10_000) : undefined;
  return [await checkHello(url, options), ...(names === undefined ? [] : [names]), await describeHealth(page)];
}

async function checkHello(url: URL, options: ConnectOptions): Promise<DoctorFinding> {
  const { error, ok, warning } = findingsOf("gateway");
  try {
    const { hello, openMs } = await greet(url, options);
    if (hello === undefined) {
      const means = "There are WebSockets at this address, and no gateway of this version";
      return error(`${url.href} said no hello`, means, "The demonstration's gateway is at /ws: check the path");
    }
    const { channels, durability, limits } = hello;
    const names = Object.values(channels).map(({ pattern }) => pattern);
    const found =
      `${url.href} is a gateway, open after ${openMs.toFixed(1)} ms: ${durability}, frames of ` +
      `${limits.maxMessageBytes / 1024} KiB, channels ${names.join(", ")}`;
    return durability === "mem"
      ? warning(found, levelMeanings.mem, "Give it a store: SQLite, Redis or JetStream")
      : ok(found, levelMeanings[durability]);
  } catch (cause) {
    if (!(cause instanceof HandshakeError)) throw cause;
    const remedy = `"switchboard inspect ${url.href}" says why, and what to change`;
    return error(`${url.href}: ${cause.message}`, "Clients cannot connect either", remedy);
  }
}

/** Waits for the first message, and closes. */
async function greet(
  url: URL,
  options: ConnectOptions,
): Promise<{ readonly hello: HelloMessage | undefined; readonly openMs: number }> {
  const startedMs = performance.now();
  let tell: (hello: HelloMessage | undefined) => void = () => {};
  const told = new Promise<HelloMessage | undefined>((resolve) => (tell = resolve));
  const socket = await connect(url, {
    ...options,
    protocols: [subprotocol],
    message(_, data) {
      const first = typeof data === "string" ? decodeServerMessage(data.split("\n")[0] ?? "") : undefined;
      tell(first?.type === "message" && first.message.type === "hello" ? first.message : undefined);
    },
    close: () => tell(undefined),
  });
  const openMs = performance.now() - startedMs;
  const timer = setTimeout(tell, options.handshakeTimeoutMs ?? 10_000, undefined);
  const hello = await told;
  clearTimeout(timer);
  socket.close(1000);
  return { hello, openMs };
}
