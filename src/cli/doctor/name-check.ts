/** Whether a gateway lets in a page that has its own name point at it. */
import { once } from "node:events";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import type { Socket } from "node:net";
import { type DoctorFinding, findingsOf } from "./finding.ts";

/** A name that no site has (RFC 6761 §6.5), and no gateway is known by. */
const stranger = "rebound.doctor.invalid";

/** Asks as a browser would for such a page. Undefined: it could not be asked. */
export async function checkNames(url: URL, timeoutMs: number): Promise<DoctorFinding | undefined> {
  const { ok, warning } = findingsOf("names");
  const status = await askAsPage(url, timeoutMs);
  if (status === undefined) return undefined;
  if (status !== 101) {
    return ok(
      `A page of another name is refused (${status})`,
      "A site cannot reach it by having its own name point here",
    );
  }
  const means = "A site that has its own name point here (DNS rebinding) speaks to it through its visitors' browsers";
  return warning("A page of any name is let in", means, "Give the names it is known by: hosts, or --hosts");
}

async function askAsPage(url: URL, timeoutMs: number): Promise<number | undefined> {
  const host = `${stranger}:${url.port || "80"}`;
  const target = new URL(url);
  target.protocol = "http:";
  const asked = request(target, {
    headers: {
      Host: host,
      Origin: `http://${host}`,
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    },
    signal: AbortSignal.timeout(timeoutMs),
  });
  try {
    return await statusOf(asked);
  } catch {
    return undefined;
  } finally {
    asked.destroy();
  }
}

async function statusOf(asked: ClientRequest): Promise<number | undefined> {
  asked.end();
  const answer = await Promise.race([once(asked, "upgrade"), once(asked, "response")]);
  // Events of Node's: their first argument is the answer.
  const [response, socket] = answer as [IncomingMessage, Socket | undefined];
  socket?.destroy();
  return response.statusCode;
}
