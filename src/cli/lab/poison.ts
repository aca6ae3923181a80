import {
  type AcceptedResponse,
  encodeFrame,
  opcodes,
  type RefusedResponse,
  ResponseReader,
  writeAccept,
  writeRequest,
} from "../../protocol/index.ts";
import type { Defences, PoisonReplay, PoisonStep } from "./messages.ts";
import { NaiveProxy, type ProxyStep } from "./naive-proxy.ts";

/** What the attacker wants everybody behind the proxy to load. */
export const library = "http://cdn.example/library.js";
const forgedRequest = "GET /library.js HTTP/1.1\r\nHost: cdn.example\r\n\r\n";
const evilScript =
  "HTTP/1.1 200 OK\r\nContent-Type: text/javascript\r\nCache-Control: public, max-age=31536000\r\nContent-Length: 17\r\n\r\nstealEverything()";
const goodScript = "HTTP/1.1 200 OK\r\nContent-Type: text/javascript\r\nContent-Length: 15\r\n\r\nusefulLibrary()";
/** Of an earlier visitor's handshake, whose answer the proxy has kept. */
const earlierKey = "dGhlIHNhbXBsZSBub25jZQ==";

/** What the browser takes from outside, so that a replay can be the same twice. */
export interface Chance {
  /** 16 bytes in base64. */
  readonly key: string;
  /** 32 bits. */
  readonly maskingKey: number;
}

/**
 * Plays the attack: the attacker's page, in the victim's browser, opens a WebSocket to the attacker's server through a naive proxy, and
 * sends a message that reads as an HTTP request for somebody else's script.
 */
export function replayMasking({ masks }: Pick<Defences, "masks">, { key, maskingKey }: Chance): PoisonReplay {
  const proxy = new NaiveProxy();
  const steps: PoisonStep[] = [];
  const handshake = writeRequest({
    host: "attacker.example",
    target: "/socket",
    key,
    origin: "http://attacker.example",
  });
  steps.push({
    from: "browser",
    to: "proxy",
    says: "opens a WebSocket to the attacker's server",
    bytes: latin1(handshake),
  });
  steps.push(...tell(proxy.receive(handshake, () => writeAccept({ key, protocols: [] }))));
  steps.push({
    from: "page",
    to: "browser",
    says: "sends a message that looks like a request for the library",
    bytes: forgedRequest,
  });
  const payload = new TextEncoder().encode(forgedRequest);
  const frame = encodeFrame({
    fin: true,
    rsv1: false,
    opcode: opcodes.text,
    payload,
    maskingKey: masks ? maskingKey : undefined,
  });
  const mask = masks ? "masked with a fresh key that the page cannot know" : "as it is";
  steps.push({ from: "browser", to: "proxy", says: `sends the frame, ${mask}`, bytes: latin1(frame) });
  steps.push(...tell(proxy.receive(frame, () => bytesOf(evilScript))));
  return finish(proxy, steps);
}

/**
 * Plays the other one: the proxy has kept an earlier handshake's answer, and gives it to the next browser that asks. Without the check of
 * `Sec-WebSocket-Accept` that browser believes that a server has agreed to speak WebSocket, and what the page sends the proxy reads.
 */
export function replayAccept({ checksAccept }: Pick<Defences, "checksAccept">, { key }: Chance): PoisonReplay {
  const proxy = new NaiveProxy();
  const steps: PoisonStep[] = [];
  const ask = (theirKey: string): Uint8Array =>
    writeRequest({ host: "attacker.example", target: "/socket", key: theirKey });
  const answer = writeAccept({ key: earlierKey, protocols: [] });
  proxy.receive(ask(earlierKey), () => answer);
  steps.push({ from: "browser", to: "proxy", says: "opens a WebSocket, with a fresh key", bytes: latin1(ask(key)) });
  const given = proxy.receive(ask(key), () => undefined);
  steps.push(...tell(given));
  const verdict = judge(key, given);
  if (checksAccept && verdict?.type === "refused") {
    steps.push({ from: "browser", to: "page", says: `fails the connection: ${verdict.reason}` });
    return finish(proxy, steps);
  }
  steps.push({ from: "browser", to: "page", says: "tells the page that the WebSocket is open" });
  const says = "sends a message that looks like a request for the library, without a mask";
  steps.push({ from: "page", to: "proxy", says, bytes: forgedRequest });
  steps.push(...tell(proxy.receive(bytesOf(forgedRequest), () => bytesOf(evilScript))));
  return finish(proxy, steps);
}

/** What a browser that checks says to the answer it was given. */
function judge(key: string, steps: readonly ProxyStep[]): AcceptedResponse | RefusedResponse | undefined {
  const [step] = steps;
  if (step === undefined || step.type === "refused") return undefined;
  return new ResponseReader({ key, protocols: [] }).receive(step.response);
}

function finish(proxy: NaiveProxy, steps: readonly PoisonStep[]): PoisonReplay {
  const kept = proxy.find(library);
  const served = kept === undefined ? goodScript : latin1(kept);
  const source = kept === undefined ? "asks cdn.example, and passes on its answer" : "passes on what it has kept";
  const last: readonly PoisonStep[] = [
    { from: "victim", to: "proxy", says: `asks for ${library}` },
    { from: "proxy", to: "victim", says: source, bytes: served },
  ];
  return { steps: [...steps, ...last], served, isPoisoned: served === evilScript };
}

function tell(steps: readonly ProxyStep[]): readonly PoisonStep[] {
  return steps.flatMap((step): readonly PoisonStep[] => {
    switch (step.type) {
      case "forwarded":
        return [
          { from: "proxy", to: "attacker", says: `sends on a request for ${step.key}`, bytes: latin1(step.request) },
          { from: "attacker", to: "proxy", says: "answers it", bytes: latin1(step.response) },
          { from: "proxy", to: "browser", says: `passes the answer on, and keeps it as ${step.key}` },
        ];
      case "cached":
        return [{ from: "proxy", to: "browser", says: "answers with what it has kept", bytes: latin1(step.response) }];
      case "refused":
        return [{ from: "proxy", to: "browser", says: `closes the connection: ${step.reason}` }];
      default:
        return step satisfies never;
    }
  });
}

function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
