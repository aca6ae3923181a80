import type { Course } from "./course.ts";

/** The five steps, in order. */
export interface HandshakeStep {
  readonly title: string;
  readonly text: string;
  /** Which bytes it shows. */
  readonly shows: "connection" | "request" | "accept" | "response" | "frames";
}

export const handshakeSteps: readonly HandshakeStep[] = [
  {
    title: "The browser connects and asks",
    text: "A TCP connection, with TLS in it for wss:, and on it an ordinary HTTP/1.1 request. Nothing of it is WebSocket yet: an old proxy or server reads it as it reads every other request.",
    shows: "request",
  },
  {
    title: "The server checks every line",
    text: "The method, the version of HTTP, Host, Upgrade and Connection, the version of WebSocket, the key, and where the page comes from. Each fault has an answer of its own, in plain HTTP.",
    shows: "connection",
  },
  {
    title: "The server computes the proof",
    text: "It joins the key with a fixed GUID, takes the SHA-1 of that and writes it as base64. Whoever can answer so has read this request and speaks WebSocket.",
    shows: "accept",
  },
  {
    title: "101 Switching Protocols",
    text: "One response head, no body. The browser computes the same proof and compares. It took no more than the one round trip that every request takes, and no second connection.",
    shows: "response",
  },
  {
    title: "HTTP is over",
    text: "From the next byte on both sides send frames, whenever they like and without being asked. A small frame of the server costs two bytes of header.",
    shows: "frames",
  },
];

/** How many of the steps this course has reached: 5 when the line is open. */
export function countReached({ request, response, refused, switched }: Course): number {
  if (request === undefined) return 0;
  if (refused !== undefined) return 2;
  if (switched !== undefined) return 5;
  return response === undefined ? 2 : 4;
}
