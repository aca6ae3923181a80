/** A question with one right answer. */
export interface Question {
  readonly text: string;
  readonly answers: readonly string[];
  /** Index into `answers`. */
  readonly right: number;
  readonly because: string;
}

export const questions: readonly Question[] = [
  {
    text: "What does Sec-WebSocket-Accept prove?",
    answers: [
      "That the server knows a password",
      "That whoever answered has read this request and speaks WebSocket",
      "That the connection is encrypted",
    ],
    right: 1,
    because:
      "The key is no secret and SHA-1 keeps none. But a cache or an echo cannot have the answer to a key that was made just now.",
  },
  {
    text: "The server answers 200 OK with a page. What does the browser do?",
    answers: ["Fails the connection", "Shows the page", "Asks again without Upgrade"],
    right: 0,
    because: "Only 101 opens a WebSocket. The page behind the script is told no more than 1006.",
  },
  {
    text: "Why does a browser mask every frame it sends?",
    answers: [
      "To keep the message secret",
      "So that a page cannot choose the bytes on the wire",
      "To find errors of transmission",
    ],
    right: 1,
    because:
      "The mask's key stands in front of the payload: nothing is secret. But no page can write bytes that a proxy takes for an HTTP request.",
  },
  {
    text: "Which page may open a WebSocket to your server, with your user's cookies?",
    answers: ["Only yours", "Yours, and those that CORS allows", "Any page, unless the server checks Origin"],
    right: 2,
    because: "CORS does not apply to WebSocket. The server has to look at Origin itself.",
  },
  {
    text: "How many round trips does the upgrade add to the HTTP request?",
    answers: ["None", "One", "Two"],
    right: 0,
    because: "The request is the question and the 101 is the answer; the same connection goes on.",
  },
  {
    text: "How many bytes of header does a server's 100-byte message have?",
    answers: ["2", "6", "Around 500"],
    right: 0,
    because: "One byte for FIN and opcode, one for the length, no mask. A client's has four more, for the masking key.",
  },
  {
    text: "Behind a proxy the handshake gets 400, without it 101. What is most likely?",
    answers: ["The key is wrong", "The proxy does not pass Upgrade and Connection on", "The certificate is too old"],
    right: 1,
    because:
      "Connection names headers that are meant for the next hop alone. A proxy has to be told to set both again.",
  },
  {
    text: "A browser gets a frame that is masked. What must it do?",
    answers: ["Unmask it", "Ignore it", "Fail the connection"],
    right: 2,
    because: "RFC 6455 §5.1: a client must close the connection if it sees a masked frame, with 1002.",
  },
];

/** The five steps as one may drag them about; the right order is that of the array. */
export const orderedSteps: readonly string[] = [
  "The browser opens a TCP connection and sends a GET with Upgrade: websocket",
  "The server checks the method, the version and every header",
  "The server joins key and GUID, and makes the base64 of its SHA-1",
  "The server answers 101 Switching Protocols with the proof",
  "Both sides send frames on the same connection",
];

/** The steps in an order to begin with, which is never the right one. */
export function shuffle(random: () => number): readonly number[] {
  const order = orderedSteps.map((_, index) => index);
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other] as number, order[last] as number];
  }
  return isOrdered(order) ? order.toReversed() : order;
}

/** Moves one step up or down; at the end of the list it stays. */
export function move(
  order: readonly number[],
  { from, by }: { readonly from: number; readonly by: 1 | -1 },
): readonly number[] {
  const to = from + by;
  if (to < 0 || to >= order.length) return order;
  return order.map((step, index) => (index === from ? order[to] : index === to ? order[from] : step) as number);
}

export function isOrdered(order: readonly number[]): boolean {
  return order.every((step, index) => step === index);
}
