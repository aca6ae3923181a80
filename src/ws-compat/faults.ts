type Words = string | ((detail: string) => string);

/** What `ws` calls a fault: the words of our close frame, then its message and its `error.code`. */
const faults: readonly (readonly [ours: RegExp, message: Words, code: string])[] = [
  [/^Opcode (\d+) is reserved/, (opcode) => frame(`invalid opcode ${opcode}`), "WS_ERR_INVALID_OPCODE"],
  [/^A continuation frame must continue/, frame("invalid opcode 0"), "WS_ERR_INVALID_OPCODE"],
  [
    /^A message must not begin within .* (\d+)$/,
    (opcode) => frame(`invalid opcode ${opcode}`),
    "WS_ERR_INVALID_OPCODE",
  ],
  [/^A control frame must not be fragmented/, frame("FIN must be set"), "WS_ERR_EXPECTED_FIN"],
  [/^RSV2 and RSV3 must be 0/, frame("RSV2 and RSV3 must be clear"), "WS_ERR_UNEXPECTED_RSV_2_3"],
  [/^RSV1 must be 0/, frame("RSV1 must be clear"), "WS_ERR_UNEXPECTED_RSV_1"],
  [/^A frame from a client must be masked/, frame("MASK must be set"), "WS_ERR_EXPECTED_MASK"],
  [/^A frame from a server must not/, frame("MASK must be clear"), "WS_ERR_UNEXPECTED_MASK"],
  [
    /^A control frame must not have .* (\d+)$/,
    (length) => frame(`invalid payload length ${length}`),
    "WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH",
  ],
  [/^A close frame must not have one/, frame("invalid payload length 1"), "WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH"],
  [/^Close code (\d+) must not/, (code) => frame(`invalid status code ${code}`), "WS_ERR_INVALID_CLOSE_CODE"],
  [/UTF-8$/, frame("invalid UTF-8 sequence"), "WS_ERR_INVALID_UTF8"],
  [
    /^The most significant bit/,
    "Unsupported WebSocket frame: payload length > 2^53 - 1",
    "WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH",
  ],
  [/fragments$/, "Too many message fragments", "WS_ERR_TOO_MANY_BUFFERED_PARTS"],
  [
    /^A (?:compressed )?message must not .*(?:bytes|limit)$/,
    "Max payload size exceeded",
    "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH",
  ],
  [/valid DEFLATE$/, "invalid compressed data", "Z_DATA_ERROR"],
];

/** The error `ws` emits for what our close frame says with `reason`; what `ws` lets pass is a `WS_ERR_INVALID_FRAME`. */
export function createFault(reason: string): Error & { readonly code: string } {
  for (const [pattern, words, code] of faults) {
    const found = pattern.exec(reason);
    if (found === null) continue;
    const message = typeof words === "string" ? words : words(found[1] ?? "");
    return Object.assign(new RangeError(message), code === "Z_DATA_ERROR" ? { code, errno: -3 } : { code });
  }
  return Object.assign(new RangeError(frame(reason)), { code: "WS_ERR_INVALID_FRAME" });
}

function frame(fault: string): string {
  return `Invalid WebSocket frame: ${fault}`;
}
