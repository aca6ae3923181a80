import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { type Attempt, type AttemptResult, maxAnswerBytes } from "./messages.ts";

const waitMs = 1500;
const maxHeaderCount = 40;
const maxFieldLength = 1024;
const maxFrameBytes = 4096;

/** Where this server itself can be called. */
export interface OwnAddress {
  readonly host: string;
  readonly port: number;
  readonly isSecure: boolean;
}

/** The target of every attempt: it cannot choose another, so it reaches nothing but the lab. */
const attemptTarget = "/lab/line?lab=attempt";

/**
 * Checks what a page wants to send. A line break within a field would make another request of it.
 *
 * @returns what is wrong, or the attempt.
 */
export function parseAttempt(value: unknown): Attempt | string {
  if (typeof value !== "object" || value === null) return "Cannot read the attempt: it is no object";
  const { method, version, headers, frames } = value as Readonly<Record<string, unknown>>;
  if (
    typeof method !== "string" ||
    typeof version !== "string" ||
    typeof frames !== "string" ||
    !Array.isArray(headers)
  ) {
    return "Cannot read the attempt: it needs method, version, headers and frames";
  }
  if (headers.length > maxHeaderCount) return `Cannot send ${headers.length} headers: at most ${maxHeaderCount}`;
  if (!headers.every(isPair)) return "Cannot read the headers: each is a name and a value";
  const bad = [method, version, ...headers.flat()].find(
    (text) => text.length > maxFieldLength || !/^[\t\x20-\x7e\x80-\xff]*$/.test(text),
  );
  if (bad !== undefined) {
    const rule = `at most ${maxFieldLength} characters, and no control characters`;
    return `Cannot send ${JSON.stringify(bad.slice(0, 60))}: ${rule}`;
  }
  if (!/^(?:[\da-f]{2})*$/i.test(frames)) return "Cannot read the frames: give whole bytes in hexadecimal";
  const frameBytes = frames.length / 2;
  if (frameBytes > maxFrameBytes) return `Cannot send ${frameBytes} bytes of frames: at most ${maxFrameBytes}`;
  return { method, version, headers, frames };
}

function isPair(value: unknown): value is readonly [string, string] {
  return Array.isArray(value) && value.length === 2 && value.every((text) => typeof text === "string");
}

/** Makes the attempt, on a connection of its own to this server, and says what came back. */
export function makeAttempt(attempt: Attempt, { host, port, isSecure }: OwnAddress): Promise<AttemptResult> {
  const { method, version, headers, frames } = attempt;
  const lines = [
    `${method} ${attemptTarget} ${version}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    "",
    "",
  ];
  const request = Buffer.from(lines.join("\r\n"), "latin1");
  const startedAtMs = performance.now();
  return new Promise((resolve) => {
    // Our own certificate need not name the address it is called at.
    const socket: Socket = isSecure ? connectTls({ host, port, rejectUnauthorized: false }) : connect({ host, port });
    let response = Buffer.alloc(0);
    let hasSentFrames = frames === "";
    const finish = (endedBy: "server" | "time"): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve({
        request: Buffer.concat([request, hasSentFrames ? Buffer.from(frames, "hex") : Buffer.alloc(0)]).toString(
          "base64",
        ),
        response: response.toString("base64"),
        endedBy,
        afterMs: Math.round((performance.now() - startedAtMs) * 10) / 10,
      });
    };
    const timer = setTimeout(() => finish("time"), waitMs);
    socket.on("data", (chunk: Buffer) => {
      response = Buffer.concat([response, chunk]).subarray(0, maxAnswerBytes);
      if (hasSentFrames || !response.includes("\r\n\r\n")) return;
      hasSentFrames = response.toString("latin1", 0, 12) === "HTTP/1.1 101";
      if (hasSentFrames) socket.write(Buffer.from(frames, "hex"));
    });
    socket.on("error", () => {}); // `close` follows
    socket.on("close", () => finish("server"));
    socket.write(request);
  });
}
