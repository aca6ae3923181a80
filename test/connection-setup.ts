/** Connections of the protocol, fed in every cut. */
import { readFileSync } from "node:fs";
import { expect } from "vitest";
import type { ConnectionOptions, Role } from "../src/protocol/connection-options.ts";
import { Connection, type ConnectionEvent } from "../src/protocol/connection.ts";

export interface Vector {
  readonly id: string;
  readonly rule: string;
  readonly name: string;
  readonly role: Role;
  readonly maxMessageBytes?: number;
  readonly maxFragmentCount?: number;
  readonly hex: string;
  readonly events: readonly VectorEvent[];
  readonly output?: readonly string[];
  readonly state?: string;
}

export type VectorEvent =
  | { readonly text: string }
  | { readonly textHex: string }
  | { readonly binary: string }
  | { readonly ping: string }
  | { readonly pong: string }
  | { readonly close: number; readonly reason: string }
  | { readonly fail: number };

export const vectors = JSON.parse(
  readFileSync(new URL("../spec/vectors/frames.json", import.meta.url), "utf8"),
) as readonly Vector[];

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export const maskingKey = 0x37fa213d;

export function connect(role: Role, options: Partial<ConnectionOptions> = {}): Connection {
  return new Connection({ role, createMaskingKey: () => maskingKey, ...options });
}

/** Hexadecimal with runs: `8105 61*5` is 81 05 61 61 61 61 61. */
export function bytesOf(hex: string): Uint8Array {
  const plain = hex.replaceAll(/(\w+)\*(\d+)/g, (_run, pattern: string, count: string) =>
    pattern.repeat(Number(count)),
  );
  return new Uint8Array(Buffer.from(plain.replaceAll(" ", ""), "hex"));
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

export function expectRefused(act: () => unknown, code: string): void {
  expect(act).toThrow(expect.objectContaining({ name: "ProtocolError", code }));
}

/** The event as a vector tells it: bytes as hexadecimal, a failure without the words for people. */
export function told(event: ConnectionEvent): unknown {
  switch (event.type) {
    case "message":
      return event.opcode === "text" ? { text: event.data } : { binary: hexOf(event.data) };
    case "ping":
      return { ping: hexOf(event.data) };
    case "pong":
      return { pong: hexOf(event.data) };
    case "close":
      return { close: event.code, reason: event.reason };
    case "fail":
      return { fail: event.code };
    case "piece":
      return { piece: event.data };
    case "bytes":
      return { bytes: hexOf(event.data) };
    default:
      return event satisfies never;
  }
}

/** As {@link told}, of a connection that tells bytes and nothing else of messages. */
export function toldAsBytes(event: ConnectionEvent): unknown {
  if (event.type === "message") throw new Error("Cannot be told as a message: bytes were asked for");
  if (event.type !== "bytes") return told(event);
  return event.opcode === "text" ? { text: strictUtf8.decode(event.data) } : { binary: hexOf(event.data) };
}

export function expected(event: VectorEvent): unknown {
  if ("textHex" in event) return { text: new TextDecoder().decode(bytesOf(event.textHex)) };
  return "binary" in event ? { binary: hexOf(bytesOf(event.binary)) } : event;
}

/** A close frame of ours with a reason is told by its code: the words are for people. */
export function toldOutput(frame: Uint8Array, role: Role): string {
  if (frame[0] !== 0x88 || frame.length <= 8) return hexOf(frame);
  const peer = connect(role === "server" ? "client" : "server");
  peer.receive(frame.slice());
  const [event] = peer.takeEvents();
  return event?.type === "close" && event.reason !== "" ? `close ${event.code}` : hexOf(frame);
}

export function feed(
  connection: Connection,
  chunks: readonly Uint8Array[],
): { events: ConnectionEvent[]; output: Uint8Array[] } {
  const events: ConnectionEvent[] = [];
  const output: Uint8Array[] = [];
  for (const chunk of chunks) {
    connection.receive(chunk);
    events.push(...connection.takeEvents());
    output.push(...connection.takeOutput());
    // Whoever owns the chunk may use it again.
    chunk.fill(0xee);
  }
  return { events, output };
}

/** What must not change what came before: a header's first byte, or anything at all once the connection is closed. */
export function trailing(bytes: Uint8Array, connection: Connection): Uint8Array {
  const tail = connection.state === "closed" ? [0xff, 0xff, 0xff, 0xff] : connection.isMidMessage ? [] : [0x8a];
  return new Uint8Array([...bytes, ...tail]);
}
