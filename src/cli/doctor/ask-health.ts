/** What a gateway says of its health over HTTP. */
import { isObject } from "../../wire/index.ts";
import { type DoctorFinding, findingsOf } from "./finding.ts";

const timeoutMs = 5_000;

interface HealthAnswer {
  readonly status: number;
  /** What of it is a text or a number. */
  readonly body: Readonly<Record<string, number | string | undefined>>;
}

/** Undefined where there is no such page. @throws what `fetch` throws. */
async function ask(url: URL): Promise<HealthAnswer | undefined> {
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: "manual" });
  const text = await response.text();
  try {
    const body: unknown = JSON.parse(text);
    if (!isObject(body)) return undefined;
    const plain = Object.entries(body).flatMap(([name, value]) =>
      typeof value === "string" || typeof value === "number" ? [[name, value] as const] : [],
    );
    return { status: response.status, body: Object.fromEntries(plain) };
  } catch {
    return undefined;
  }
}

export async function describeHealth(origin: URL): Promise<DoctorFinding> {
  const { error, note, ok } = findingsOf("health");
  const url = new URL("/healthz", origin);
  try {
    const answer = await ask(url);
    if (answer === undefined) {
      return note(`${url.href} is not the health of a gateway`, "It is not told at this address, or a proxy answers");
    }
    const { connectionCount, durability, reason, status = answer.status } = answer.body;
    const why = reason === undefined ? "" : `: ${reason}`;
    if (answer.status !== 200) {
      const remedy = "Read the gateway's log: it says since when, and why";
      return error(`The gateway says ${status}${why}`, "It takes no connections", remedy);
    }
    const facts =
      connectionCount === undefined
        ? ""
        : `, ${connectionCount} connection${connectionCount === 1 ? "" : "s"}, ${durability}`;
    return ok(`The gateway says ${status}${facts}`, "It takes connections, and its store is there");
  } catch (cause) {
    return error(
      `${url.href} does not answer: ${reasonOf(cause)}`,
      "Nobody can tell how the gateway is",
      "Check the address",
    );
  }
}

/** @param check - `canary` of a store that was just opened, `readiness` of a gateway. */
export async function describeReadiness(origin: URL, check: "canary" | "readiness"): Promise<DoctorFinding> {
  const { error, note, ok } = findingsOf(check);
  const url = new URL("/readyz", origin);
  try {
    const answer = await ask(url);
    if (answer === undefined) {
      return note(`${url.href} is not the readiness of a gateway`, "It is told at the operator's port (--admin-port)");
    }
    const { canaryMs, reason = answer.status } = answer.body;
    if (answer.status !== 200) {
      const remedy = "Read the gateway's log; look at the store: room, load, network";
      return error(`No message gets through: ${reason}`, "Clients should not be sent there now", remedy);
    }
    const time = typeof canaryMs === "number" ? ` in ${canaryMs.toFixed(1)} ms` : "";
    return ok(`A message gets through${time}`, "It was stored, made stable, and told");
  } catch (cause) {
    return error(
      `${url.href} does not answer: ${reasonOf(cause)}`,
      "Nobody can tell whether it is ready",
      "Check the address",
    );
  }
}

/** Of a failed `fetch`, which hides the reason in its cause. */
function reasonOf(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(inner instanceof Error)) return String(inner);
  return inner.message === "" && "code" in inner ? String(inner.code) : inner.message;
}
