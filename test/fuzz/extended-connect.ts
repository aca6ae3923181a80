import assert from "node:assert/strict";
import { acceptConnect, readExtendedConnect, refuseConnect } from "../../src/protocol/index.ts";
import { mutate, type Material } from "./mutate.ts";
import type { FuzzTarget } from "./target.ts";

const whole =
  ":method\0CONNECT\n:protocol\0websocket\n:scheme\0https\n:path\0/chat?a=b\n:authority\0example.com:443\n" +
  "sec-websocket-version\0" +
  "13\nsec-websocket-protocol\0chat, superchat\norigin\0https://example.com\n" +
  "sec-websocket-extensions\0permessage-deflate; client_max_window_bits";
const least =
  ":method\0CONNECT\n:protocol\0websocket\n:scheme\0http\n:path\0/\n:authority\0a\nsec-websocket-version\0" + "13";
const words = [
  ":method",
  ":protocol",
  ":path",
  ":authority",
  ":scheme",
  "websocket",
  "\n",
  "\0",
  "\nhost\0b",
  "/",
  "#",
  "13",
].concat([
  "\nsec-websocket-key\0x",
  "content-length\0" + "0",
  "\ntransfer-encoding\0chunked",
  "__proto__",
  "origin",
  ", ",
]);
const material: Material = {
  corpus: [whole, least].map((text) => Buffer.from(text, "latin1")),
  words: words.map((word) => Buffer.from(word, "latin1")),
};

/** The header sets of RFC 8441, as pairs of a name and a value: lines with a NUL between the two. */
export const extendedConnect: FuzzTarget = {
  name: "extended-connect",
  makeInput: (random) => mutate(material, random),
  check(input) {
    const lines = Buffer.from(input).toString("latin1").split("\n");
    const pairs = lines.map((line) => line.split("\0")).map(([name = "", value = ""]) => [name, value] as const);
    const answer = readExtendedConnect(pairs.flat());
    if (answer.type === "refusal") {
      const { headers, body } = refuseConnect(answer);
      assert.ok(answer.status >= 400 && answer.status <= 599 && headers.length > 0 && body.length > 1);
      return;
    }
    const values = (name: string): readonly string[] =>
      pairs.flatMap(([its, value]) => (its.toLowerCase() === name ? [value.replaceAll(/^[ \t]+|[ \t]+$/g, "")] : []));
    assert.deepEqual(values(":method"), ["CONNECT"]);
    assert.deepEqual(values(":protocol"), ["websocket"]);
    assert.deepEqual(values("sec-websocket-version"), ["13"]);
    assert.deepEqual(values(":path"), [answer.target]);
    assert.match(answer.target, /^\/[!"$-~]*$/);
    assert.deepEqual(values(":authority"), [answer.host]);
    assert.ok(values("origin").length <= 1 && values("transfer-encoding").length === 0);
    assert.equal(new Set(answer.protocols).size, answer.protocols.length);
    for (const protocol of answer.protocols) acceptConnect({ offered: answer.protocols, protocol, headers: [] });
  },
};
