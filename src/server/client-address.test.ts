import { expect, test } from "vitest";
import { addressBlock, ClientAddress, isLoopback, type ReadAddress, type TrustedProxies } from "./client-address.ts";

const proxies: TrustedProxies = { addresses: ["10.0.0.0/8", "192.0.2.7", "2001:db8:ffff::/48"] };

interface Call {
  readonly from?: string | undefined;
  readonly header?: TrustedProxies["header"];
  readonly trusted?: readonly string[];
}

function read(value: string | undefined, { from = "10.0.0.1", header, trusted }: Call = {}): ReadAddress {
  const given = { addresses: trusted ?? proxies.addresses, ...(header === undefined ? {} : { header }) };
  const headers = value === undefined ? {} : { [header ?? "x-forwarded-for"]: value };
  return new ClientAddress(given).read({ headers, remoteAddress: from });
}
const addressOf = (...call: Parameters<typeof read>): string | undefined => {
  const found = read(...call);
  return found.type === "address" ? found.address : found.reason;
};

test("[AU11] without trusted proxies the other end of the socket counts, whatever headers say", () => {
  const from = "198.51.100.1";
  expect(new ClientAddress().read({ headers: { "x-forwarded-for": "1.1.1.1" }, remoteAddress: from })).toEqual({
    type: "address",
    address: from,
  });
  expect(addressOf("1.1.1.1", { from })).toBe(from);
  expect(addressOf("1.1.1.1", { from: "::ffff:198.51.100.1" })).toBe(from);
  expect(new ClientAddress(proxies).read({ headers: {}, remoteAddress: undefined })).toEqual({ type: "address" });
});

test.for([
  ["one proxy", "203.0.113.9", "203.0.113.9"],
  ["what the client wrote before it", "1.1.1.1, 203.0.113.9", "203.0.113.9"],
  ["rubbish the client wrote before it", "<script>, , 203.0.113.9", "203.0.113.9"],
  ["three proxies", "1.1.1.1, 203.0.113.9, 10.9.9.9, 192.0.2.7", "203.0.113.9"],
  ["a proxy with an IPv6 address", "203.0.113.9, 2001:db8:ffff::1", "203.0.113.9"],
  ["a port", "203.0.113.9:4711", "203.0.113.9"],
  ["IPv6", "2001:DB8::9", "2001:db8::9"],
  ["IPv6 with a port", "[2001:db8::9]:4711", "2001:db8::9"],
  ["IPv4 in IPv6", "::ffff:203.0.113.9", "203.0.113.9"],
  ["proxies only", "10.1.1.1", "10.1.1.1"],
  ["no header", undefined, "10.0.0.1"],
] as const)("[AU11] the client is the last that is no trusted proxy: %s", ([, value, address]) => {
  expect(addressOf(value)).toBe(address);
});

test("[AU11] an empty header is as none", () => {
  expect(addressOf("")).toBe("10.0.0.1");
});

test.for([
  "unknown",
  "203.0.113",
  "203.0.113.9.",
  "300.1.1.1",
  "[2001:db8::9",
  "fe80::1%eth0",
  "1.1.1.1,",
  "a b",
  "1.1.1.1:x",
])("[AU11] a trusted proxy that says %s is not guessed at", (value) => {
  expect(read(value)).toMatchObject({ type: "malformed" });
});

test("[AU11] what is told of it is cut short and escaped", () => {
  expect(addressOf(`\u001B[31m${"x".repeat(99)}`)).toBe(
    `Cannot read an address in x-forwarded-for: ${JSON.stringify(`\u001B[31m${"x".repeat(55)}`)}`,
  );
});

test.for([
  ["for=203.0.113.9", "203.0.113.9"],
  ['For="[2001:db8::9]:4711";proto=https', "2001:db8::9"],
  ["for=1.1.1.1, proto=https;for=203.0.113.9;by=10.0.0.1", "203.0.113.9"],
  ["for=203.0.113.9, for=10.2.2.2", "203.0.113.9"],
  ["proto=https", 'Cannot read an address in forwarded: "proto=https"'],
  ["for=_hidden", 'Cannot read an address in forwarded: "for=_hidden"'],
] as const)("[AU11] Forwarded is read likewise: %s", ([value, address]) => {
  expect(addressOf(value, { header: "forwarded" })).toBe(address);
});

test("[AU11] only the header that the proxies write is read", () => {
  const address = new ClientAddress({ addresses: ["10.0.0.1"] });
  const headers = { forwarded: "for=1.1.1.1", "x-forwarded-for": "203.0.113.9" };
  expect(address.read({ headers, remoteAddress: "10.0.0.1" })).toEqual({ type: "address", address: "203.0.113.9" });
});

test("[AU11] a network is trusted to its last address and not beyond", () => {
  const trusted = ["10.1.0.0/16", "2001:db8::/127", "0.0.0.0/32"];
  for (const from of ["10.1.255.255", "2001:db8::1"]) expect(addressOf("1.1.1.1", { from, trusted })).toBe("1.1.1.1");
  for (const from of ["10.2.0.0", "2001:db8::2"]) expect(addressOf("1.1.1.1", { from, trusted })).toBe(from);
});

test.for([
  "proxy.example",
  "10.0.0.0/33",
  "10.0.0.0/",
  "10.0.0.0/8/8",
  "2001:db8::/129",
  "10.0.0.0/-1",
  "10.0.0/8",
  "",
])("[AU11] what is no address and no network is refused at once: %j", (text) => {
  expect(() => new ClientAddress({ addresses: [text] })).toThrow(
    new TypeError(`Cannot trust ${JSON.stringify(text)}: give an address or a network, as 10.0.0.0/8`),
  );
});

test("[AU12] an IPv6 customer has 64 bits", () => {
  expect(addressBlock("203.0.113.9")).toBe("203.0.113.9");
  for (const address of ["2001:db8:1:2::9", "2001:db8:1:2:3:4:5:6", "2001:0db8:0001:0002::"]) {
    expect(addressBlock(address)).toBe("2001:db8:1:2::/64");
  }
  expect(addressBlock("2001:db8::9")).toBe("2001:db8:0:0::/64");
  expect(addressBlock("::1")).toBe("0:0:0:0::/64");
  expect(addressBlock("2001:db8:1:3::9")).not.toBe(addressBlock("2001:db8:1:2::9"));
});

test("[AU12] this machine has more than one address", () => {
  expect(["127.0.0.1", "127.9.9.9", "::1"].every(isLoopback)).toBe(true);
  expect(["128.0.0.1", "10.0.0.1", "::2"].some(isLoopback)).toBe(false);
});
