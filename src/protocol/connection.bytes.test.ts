import { describe, expect, test } from "vitest";
import { bytesOf, connect, expectRefused, feed, hexOf, toldAsBytes } from "../../test/connection-setup.ts";
import type { MessageBytes } from "./message.ts";

const tellsBytes = { tellsBytes: true } as const;

describe("a connection that tells bytes", () => {
  test("[MS9] gives a message that lies whole in a chunk as a view of it, text that is UTF-8 too", () => {
    const client = connect("client", tellsBytes);
    const chunk = bytesOf("8103e282ac 820200ff 810161");
    client.receive(chunk);
    const events = client.takeEvents() as readonly MessageBytes[];
    expect(events).toEqual([
      { type: "bytes", opcode: "text", data: bytesOf("e282ac") },
      { type: "bytes", opcode: "binary", data: bytesOf("00ff") },
      { type: "bytes", opcode: "text", data: bytesOf("61") },
    ]);
    for (const { data } of events) expect(data.buffer).toBe(chunk.buffer);
  });

  test("[MS9] gives one in pieces as an array of its own", () => {
    const client = connect("client", tellsBytes);
    const [first, second] = [bytesOf("0101e2"), bytesOf("800282ac")];
    const { events } = feed(client, [first, second]);
    for (const chunk of [first, second]) chunk.fill(0);
    expect(events.map(toldAsBytes)).toEqual([{ text: "€" }]);
  });

  test("[MS9] a text that is not UTF-8 is 1007 all the same, whole, in pieces or cut at its end", () => {
    for (const hex of ["8101ff", "0101ff", "0101e2 8000", "0101e2 800161"]) {
      const { events } = feed(connect("client", tellsBytes), [bytesOf(hex)]);
      expect(events.map(toldAsBytes), hex).toEqual([{ fail: 1007 }]);
    }
    expect(feed(connect("client", tellsBytes), [bytesOf("0201ff 800182")]).events.map(toldAsBytes)).toEqual([
      { binary: "ff82" },
    ]);
  });

  test("[MS9] has no effect where messages are told in pieces", () => {
    const { events } = feed(connect("client", { ...tellsBytes, tellsPieces: true }), [bytesOf("810161")]);
    expect(events).toMatchObject([{ type: "piece", data: "a" }]);
  });
});

describe("sending what was received", () => {
  test("[MS9] sends a message on with its type, masked by a client", () => {
    const data = bytesOf("4869");
    expect(hexOf(connect("server").sendBytes({ type: "bytes", opcode: "text", data }))).toBe("81024869");
    expect(hexOf(connect("server").sendBytes({ type: "bytes", opcode: "binary", data }))).toBe("82024869");
    expect(hexOf(connect("client").sendBytes({ type: "bytes", opcode: "text", data }))).toBe("818237fa213d7f93");
    expect(data).toEqual(bytesOf("4869"));
  });

  test("[MS9] refuses what has no bytes, and what would come in the midst of a message", () => {
    const server = connect("server");
    expectRefused(() => server.sendBytes({ type: "bytes", opcode: "text", data: "a" as never }), "ERR_PAYLOAD_TYPE");
    server.sendFragment("a", false);
    const message = { type: "bytes", opcode: "text", data: bytesOf("61") } as const;
    expectRefused(() => server.sendBytes(message), "ERR_MESSAGE_UNFINISHED");
  });
});
