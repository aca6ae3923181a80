import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import {
  HeadReader,
  parseRequestLine,
  readHandshake,
  type Refusal,
  ResponseReader,
  writeAccept,
  writeRefusal,
} from "../../src/protocol/index.ts";
import { sampleKey } from "../raw-peer.ts";
import { mutate, type Material } from "./mutate.ts";
import { cutRandomly } from "./random.ts";
import { judgeRequest, judgeResponse } from "./reference-head.ts";
import type { FuzzTarget } from "./target.ts";

const vectors = JSON.parse(readFileSync(new URL("../../spec/vectors/handshake.json", import.meta.url), "utf8")) as {
  readonly requests: readonly { readonly request: string }[];
  readonly responses: readonly { readonly response: string }[];
};

const words = [
  "\r\n",
  "\r\n\r\n",
  ": ",
  ", ",
  "; ",
  "HTTP/1.1",
  "GET ",
  "Upgrade: websocket\r\n",
  "Connection: upgrade\r\n",
]
  .concat(["Host: a\r\n", "Sec-WebSocket-Version: 13\r\n", "Content-Length: 0\r\n", "Sec-WebSocket-Protocol: a, b\r\n"])
  .concat([
    "Sec-WebSocket-Extensions: permessage-deflate\r\n",
    "Origin: null\r\n",
    "__proto__",
    "constructor: x\r\n",
    `Sec-WebSocket-Key: ${sampleKey}\r\n`,
    "HTTP/1.1 100 \r\n\r\n",
  ]);

function materialOf(texts: readonly string[]): Material {
  const toBytes = (text: string): Uint8Array => Buffer.from(text, "latin1");
  return { corpus: texts.filter((text) => text.length < 3000).map(toBytes), words: words.map(toBytes) };
}

const requestMaterial = materialOf(vectors.requests.map(({ request }) => request));
const responseMaterial = materialOf(vectors.responses.map(({ response }) => response));

/** A request's head, as bytes in any cut, against {@link judgeRequest}. */
export const requestHead: FuzzTarget = {
  name: "request-head",
  makeInput: (random) => mutate(requestMaterial, random),
  check(input, random) {
    const stories = [[input.slice()], cutRandomly(input, random)].map(answerRequest);
    assert.deepEqual(stories[1], stories[0]);
    const expected = judgeRequest(Buffer.from(input).toString("latin1"));
    const story = stories[0];
    assert.equal(story?.type === "request", expected !== undefined, "the reference judges otherwise");
    if (story?.type === "request") {
      assert.equal(story.rest, expected?.rest);
      for (const protocol of [undefined, ...story.protocols]) {
        const reader = new ResponseReader({ key: story.key, protocols: story.protocols });
        const answer = writeAccept({ key: story.key, protocols: story.protocols, protocol });
        assert.equal(reader.receive(answer)?.type, "accepted");
      }
    } else if (story !== undefined) checkRefusal(story);
  },
};

function answerRequest(chunks: readonly Uint8Array[]) {
  const reader = new HeadReader(parseRequestLine);
  for (const [index, chunk] of chunks.entries()) {
    const result = reader.receive(chunk);
    if (result === undefined) continue;
    if (result.type === "fault") return { ...result, type: "refusal" as const, headers: [] };
    const answer = readHandshake(result.head);
    if (answer.type === "refusal") return answer;
    return { ...answer, rest: Buffer.concat([result.rest, ...chunks.slice(index + 1)]).toString("latin1") };
  }
  return undefined;
}

/** A refusal is a whole response, whatever it quotes: a client reads its status, its text, and nothing behind. */
export function checkRefusal(refusal: Refusal): void {
  const answer = new ResponseReader({ key: sampleKey, protocols: [] }).receive(writeRefusal(refusal));
  assert.equal(answer?.type, "refused");
  assert.equal(answer.type === "refused" && answer.status, refusal.status);
  assert.equal(answer.type === "refused" && Buffer.from(answer.body).toString(), `${refusal.reason}\n`);
}

const offered = { key: sampleKey, protocols: ["chat", "superchat"], extension: "permessage-deflate" } as const;

/** A response's head, as bytes in any cut, against {@link judgeResponse}. */
export const responseHead: FuzzTarget = {
  name: "response-head",
  makeInput: (random) => mutate(responseMaterial, random),
  check(input, random) {
    const stories = [[input.slice()], cutRandomly(input, random)].map(readResponse);
    assert.deepEqual(stories[1], stories[0]);
    const expected = judgeResponse(Buffer.from(input).toString("latin1"), offered);
    const story = stories[0];
    assert.equal(story?.type === "accepted", expected !== undefined, "the reference judges otherwise");
    if (story?.type === "accepted") assert.equal(story.rest, expected?.rest);
    else assert.ok(story !== undefined && story.body.length <= 65_536, "the body is bounded");
  },
};

function readResponse(chunks: readonly Uint8Array[]) {
  const { key, protocols, extension } = offered;
  const reader = new ResponseReader({ key, protocols, extensions: extension });
  for (const [index, chunk] of chunks.entries()) {
    const result = reader.receive(chunk);
    if (result === undefined) continue;
    assert.equal(reader.receiveEnd(), undefined, "there is one result");
    if (result.type === "refused") return result;
    return { ...result, rest: Buffer.concat([result.rest, ...chunks.slice(index + 1)]).toString("latin1") };
  }
  return reader.receiveEnd();
}
