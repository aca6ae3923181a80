import type { ZlibOptions } from "node:zlib";
import { expect, test, vi } from "vitest";
import { Compression } from "./compression.ts";

// As Deno 2.9 has it: the option is taken and not looked at.
vi.mock("node:zlib", async (importOriginal) => {
  const zlib = await importOriginal<typeof import("node:zlib")>();
  const without = ({ dictionary: _ignored, ...options }: ZlibOptions = {}): ZlibOptions => options;
  return {
    ...zlib,
    deflateRawSync: (data: Buffer, options?: ZlibOptions) => zlib.deflateRawSync(data, without(options)),
    inflateRawSync: (data: Buffer, options?: ZlibOptions) => zlib.inflateRawSync(data, without(options)),
  };
});

test("[PD22] where zlib ignores dictionaries the peer is asked for messages that stand alone", () => {
  const offer = { name: "permessage-deflate", params: new Map() };
  const server = new Compression("server", { contextTakeover: true, peerContextTakeover: true });
  expect(server.answer([offer])?.header).toBe("permessage-deflate; client_no_context_takeover");
  const client = new Compression("client", { contextTakeover: true, peerContextTakeover: true });
  expect(client.offer().header).toContain("server_no_context_takeover");
});
