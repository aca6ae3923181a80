import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ExtensionOffer, parseExtension, splitExtensions } from "./header-values.ts";
import {
  answerDeflateOffers,
  type DeflateParameters,
  readDeflateAnswer,
  writeDeflateOffer,
} from "./permessage-deflate.ts";

const widest: DeflateParameters = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: 15,
  clientMaxWindowBits: 15,
};

/** As `readHandshake` hands them over: what is malformed is not among them. */
function offersOf(value: string): readonly ExtensionOffer[] {
  return splitExtensions([value])
    .map(parseExtension)
    .filter((offer) => offer !== undefined);
}

function answer(value: string, wanted: Partial<DeflateParameters> = {}): string | undefined {
  return answerDeflateOffers(offersOf(value), { ...widest, ...wanted })?.header;
}

describe("a server", () => {
  test.each([
    ["", "", {}],
    ["; server_no_context_takeover", "; server_no_context_takeover", {}],
    ["; client_no_context_takeover", "; client_no_context_takeover", {}],
    ["; server_max_window_bits=9", "; server_max_window_bits=9", {}],
    ["; server_max_window_bits=15", "; server_max_window_bits=15", {}],
    ["; server_max_window_bits=12", "; server_max_window_bits=10", { serverMaxWindowBits: 10 }],
    ["; server_max_window_bits=10", "; server_max_window_bits=10", { serverMaxWindowBits: 12 }],
    ["", "; server_max_window_bits=12", { serverMaxWindowBits: 12 }],
    ["", "; server_no_context_takeover", { serverNoContextTakeover: true }],
    ["", "; client_no_context_takeover", { clientNoContextTakeover: true }],
    ['; server_max_window_bits="10"', "; server_max_window_bits=10", {}],
  ] as const)("[PD1] answers offer %j with %j, wanting %j", (offer, expected, wanted) => {
    expect(answer(`permessage-deflate${offer}`, wanted)).toBe(`permessage-deflate${expected}`);
  });

  test.each([
    ["", "", 8],
    ["; client_max_window_bits", "", 15],
    ["; client_max_window_bits", "; client_max_window_bits=11", 11],
    ["; client_max_window_bits=10", "; client_max_window_bits=10", 11],
    ["; client_max_window_bits=8", "; client_max_window_bits=8", 15],
    ["; client_max_window_bits=15", "; client_max_window_bits=11", 11],
  ] as const)("[PD2] to offer %j it says %j of the client's window, wanting %i bits", (offer, expected, bits) => {
    expect(answer(`permessage-deflate${offer}`, { clientMaxWindowBits: bits })).toBe(`permessage-deflate${expected}`);
  });

  test("[PD2] a client that cannot narrow its window is taken to use all of it", () => {
    const agreed = answerDeflateOffers(offersOf("permessage-deflate"), { ...widest, clientMaxWindowBits: 9 });
    expect(agreed?.parameters.clientMaxWindowBits).toBe(15);
  });

  const bad = [
    "server_max_window_bits",
    "server_max_window_bits=7",
    "server_max_window_bits=16",
    "server_max_window_bits=08",
    "server_max_window_bits=x",
    "server_max_window_bits=1e1",
    "server_max_window_bits=9; server_max_window_bits=9",
    "client_max_window_bits=7",
    "client_max_window_bits=16",
    "client_max_window_bits=010",
    "client_max_window_bits; client_max_window_bits",
    "server_no_context_takeover=1",
    "client_no_context_takeover=true",
    "server_no_context_takeover; server_no_context_takeover",
    "x",
    "x=1",
    "constructor",
    "__proto__=15",
    "Server_no_context_takeover",
  ];

  test.each(bad)("[PD3] declines an offer with %s (CVE-2026-2229), and takes the next", (parameters) => {
    expect(answer(`permessage-deflate; ${parameters}`)).toBeUndefined();
    expect(answer(`permessage-deflate; ${parameters}, permessage-deflate; server_max_window_bits=9`)).toBe(
      "permessage-deflate; server_max_window_bits=9",
    );
  });

  test("[PD17] agrees to a window of 8 bits of its own, though it will send nothing compressed then", () => {
    expect(answer("permessage-deflate; server_max_window_bits=8")).toBe(`permessage-deflate; server_max_window_bits=8`);
  });

  test("[PD3] takes the first offer it can accept, and no other extension", () => {
    const offers = "x-deflate, permessage-deflate; server_max_window_bits=10, permessage-deflate";
    expect(answer(offers)).toBe("permessage-deflate; server_max_window_bits=10");
    expect(answer("x-deflate, permessage-bzip2")).toBeUndefined();
    expect(answer("")).toBeUndefined();
  });
});

describe("a client", () => {
  test.each([
    [{}, "client_max_window_bits"],
    [{ clientMaxWindowBits: 10 }, "client_max_window_bits=10"],
    [{ serverMaxWindowBits: 9 }, "server_max_window_bits=9; client_max_window_bits"],
    [
      { serverNoContextTakeover: true, clientNoContextTakeover: true },
      "server_no_context_takeover; client_no_context_takeover; client_max_window_bits",
    ],
  ] as const)("[PD4] wanting %j offers %j", (wanted, expected) => {
    expect(writeDeflateOffer({ ...widest, ...wanted })).toBe(`permessage-deflate; ${expected}`);
  });

  function read(parameters: string, offered: Partial<DeflateParameters> = {}): unknown {
    const [element] = offersOf(`permessage-deflate${parameters}`);
    const reading = readDeflateAnswer(element as ExtensionOffer, { ...widest, ...offered });
    return reading.type === "fault" ? reading.reason : reading.parameters;
  }

  test.each([
    ["", {}, {}],
    ["; server_no_context_takeover", {}, { serverNoContextTakeover: true }],
    ["; client_no_context_takeover", {}, { clientNoContextTakeover: true }],
    ["; server_max_window_bits=8", {}, { serverMaxWindowBits: 8 }],
    ["; client_max_window_bits=8", {}, { clientMaxWindowBits: 8 }],
    ["", { clientNoContextTakeover: true }, { clientNoContextTakeover: true }],
    ["", { clientMaxWindowBits: 9 }, { clientMaxWindowBits: 9 }],
    ["; server_max_window_bits=10", { serverMaxWindowBits: 10 }, { serverMaxWindowBits: 10 }],
    ["; client_max_window_bits=10", { clientMaxWindowBits: 10 }, { clientMaxWindowBits: 10 }],
  ] as const)("[PD5] agrees to answer %j when it had offered %j", (parameters, offered, expected) => {
    expect(read(parameters, offered)).toEqual({ ...widest, ...expected });
  });

  test.each([
    ["; server_max_window_bits", {}, /unknown or invalid/],
    ["; server_max_window_bits=7", {}, /unknown or invalid/],
    ["; client_max_window_bits=16", {}, /unknown or invalid/],
    ["; x", {}, /unknown or invalid/],
    ["; server_no_context_takeover=1", {}, /unknown or invalid/],
    ["; client_max_window_bits", {}, /has no value/],
    ["", { serverNoContextTakeover: true }, /server_no_context_takeover was offered and is missing/],
    ["", { serverMaxWindowBits: 10 }, /server_max_window_bits is more than 10/],
    ["; server_max_window_bits=11", { serverMaxWindowBits: 10 }, /server_max_window_bits is more than 10/],
    ["; client_max_window_bits=11", { clientMaxWindowBits: 10 }, /client_max_window_bits is more than 10/],
  ] as const)("[PD5] refuses answer %j when it had offered %j", (parameters, offered, reason) => {
    expect(read(parameters, offered)).toMatch(reason);
  });
});

test("[PD6] whatever a server and a client want, they agree, on the same and on no more than either wants", () => {
  const bits = fc.integer({ min: 9, max: 15 });
  const wishes = fc.record({
    serverNoContextTakeover: fc.boolean(),
    clientNoContextTakeover: fc.boolean(),
    serverMaxWindowBits: bits,
    clientMaxWindowBits: bits,
  });
  fc.assert(
    fc.property(wishes, wishes, (client, server) => {
      const agreed = answerDeflateOffers(offersOf(writeDeflateOffer(client)), server);
      const [element] = offersOf(agreed?.header ?? "");
      const reading = readDeflateAnswer(element as ExtensionOffer, client);
      expect(reading).toEqual({ type: "agreed", parameters: agreed?.parameters });
      expect(agreed?.parameters).toEqual({
        serverNoContextTakeover: client.serverNoContextTakeover || server.serverNoContextTakeover,
        clientNoContextTakeover: client.clientNoContextTakeover || server.clientNoContextTakeover,
        serverMaxWindowBits: Math.min(client.serverMaxWindowBits, server.serverMaxWindowBits),
        clientMaxWindowBits: Math.min(client.clientMaxWindowBits, server.clientMaxWindowBits),
      });
    }),
  );
});
