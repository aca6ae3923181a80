import assert from "node:assert/strict";
import { answerDeflateOffers, readDeflateAnswer, writeDeflateOffer } from "../../src/protocol/index.ts";
import { parseExtension, splitExtensions } from "../../src/protocol/header-values.ts";
import { mutate, type Material } from "./mutate.ts";
import { readExtensions } from "./reference-head.ts";
import type { FuzzTarget } from "./target.ts";

const texts = [
  "permessage-deflate",
  "permessage-deflate; client_max_window_bits",
  "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
  "permessage-deflate; server_max_window_bits=10; client_max_window_bits=12, permessage-deflate",
  'permessage-deflate; server_max_window_bits="10"; client_max_window_bits="\\1\\2"',
  'x; y=",permessage-deflate", permessage-deflate; a=b; a=b',
  'a; b="c\\"d", e ;f = g,, h; constructor; __proto__=toString',
  '"',
  '""',
  "\\",
  'a; b="',
  'a; b="\\',
];
const words = [
  "permessage-deflate",
  "; ",
  ", ",
  "=",
  '"',
  '\\"',
  "server_max_window_bits=8",
  "client_max_window_bits=16",
].concat([
  "client_max_window_bits=08",
  "server_no_context_takeover=1",
  "client_no_context_takeover",
  "__proto__",
  "\t",
]);
const material: Material = {
  corpus: texts.map((text) => Buffer.from(text, "latin1")),
  words: words.map((word) => Buffer.from(word, "latin1")),
};

const widest = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: 15,
  clientMaxWindowBits: 15,
};

/** `Sec-WebSocket-Extensions` and the negotiation of permessage-deflate, against {@link readExtensions}. */
export const extensions: FuzzTarget = {
  name: "extensions",
  makeInput: (random) => mutate(material, random),
  check(input, random) {
    const text = Buffer.from(input).toString("latin1");
    const offers = splitExtensions([text]).map(parseExtension);
    assert.deepEqual(
      offers.map((offer) => offer && { name: offer.name, params: [...offer.params] }),
      readExtensions([text]),
    );
    const wanted = {
      serverNoContextTakeover: random.isOneIn(2),
      clientNoContextTakeover: random.isOneIn(2),
      serverMaxWindowBits: 9 + random.below(7),
      clientMaxWindowBits: 9 + random.below(7),
    };
    const whole = offers.filter((offer) => offer !== undefined);
    const answer = answerDeflateOffers(whole, wanted);
    if (answer !== undefined) {
      const [element] = splitExtensions([answer.header]).map(parseExtension);
      assert.ok(element !== undefined, "an answer is well-formed");
      const reading = readDeflateAnswer(element, widest);
      assert.deepEqual(reading, { type: "agreed", parameters: { ...answer.parameters } }, "both ends agree");
      assert.ok(answer.parameters.serverMaxWindowBits <= wanted.serverMaxWindowBits);
      assert.ok(answer.parameters.serverNoContextTakeover || !wanted.serverNoContextTakeover);
    }
    // The same texts as a server's answer: agreed on within what was offered, or a fault.
    for (const offer of whole) {
      const reading = readDeflateAnswer(offer, wanted);
      if (reading.type === "fault") continue;
      assert.ok(reading.parameters.serverMaxWindowBits <= wanted.serverMaxWindowBits, writeDeflateOffer(wanted));
      assert.ok(reading.parameters.clientMaxWindowBits <= wanted.clientMaxWindowBits);
    }
  },
};
