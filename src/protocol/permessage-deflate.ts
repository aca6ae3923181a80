import type { ExtensionOffer } from "./header-values.ts";

/** The name of the extension (RFC 7692 §7). */
const extensionName = "permessage-deflate";

const windowBits = { min: 8, max: 15 } as const;

/**
 * The four parameters of permessage-deflate (RFC 7692 §7.1): what two ends agreed on, or what one of them wants.
 *
 * A window of 8 bits can be agreed on for what a client sends, but zlib has no compressor for it: nothing is compressed then.
 */
export interface DeflateParameters {
  /** Whether the server compresses every message by itself, without looking back at the ones before (§7.1.1.1). */
  readonly serverNoContextTakeover: boolean;
  /** Whether the client does (§7.1.1.2). */
  readonly clientNoContextTakeover: boolean;
  /** How far the server looks back: 2 to the power of this many bytes, 8 to 15 (§7.1.2.1). */
  readonly serverMaxWindowBits: number;
  /** How far the client looks back, 8 to 15 (§7.1.2.2). */
  readonly clientMaxWindowBits: number;
}

/** A server's answer to an offer. */
export interface DeflateAnswer {
  readonly parameters: DeflateParameters;
  /** The element of `Sec-WebSocket-Extensions` that says so. */
  readonly header: string;
}

/** What a client makes of a server's answer. `fault` says what is wrong with it: then the handshake has failed (§5.1). */
export type DeflateReading =
  | { readonly type: "agreed"; readonly parameters: DeflateParameters }
  | { readonly type: "fault"; readonly reason: string };

/**
 * A server's choice among a client's offers: the first it can accept, or `undefined` for no compression.
 *
 * §7: "A server MUST decline an extension negotiation offer for this extension" with a parameter that is unknown, repeated or has an
 * invalid value; the offer after it may be a good one.
 *
 * @param wanted - the widest windows to agree to, and which contexts must not be taken over.
 */
export function answerDeflateOffers(
  offers: readonly ExtensionOffer[],
  wanted: DeflateParameters,
): DeflateAnswer | undefined {
  for (const offer of offers) {
    const answer = offer.name === extensionName ? answerOffer(offer, wanted) : undefined;
    if (answer !== undefined) return answer;
  }
  return undefined;
}

/** A client's offer, as an element of `Sec-WebSocket-Extensions`. Says of `client_max_window_bits` that we understand it. */
export function writeDeflateOffer(wanted: DeflateParameters): string {
  return writeElement([
    wanted.serverNoContextTakeover && "server_no_context_takeover",
    wanted.clientNoContextTakeover && "client_no_context_takeover",
    wanted.serverMaxWindowBits < windowBits.max && `server_max_window_bits=${wanted.serverMaxWindowBits}`,
    wanted.clientMaxWindowBits < windowBits.max
      ? `client_max_window_bits=${wanted.clientMaxWindowBits}`
      : "client_max_window_bits",
  ]);
}

/**
 * Judges a server's answer to {@link writeDeflateOffer}: it may narrow what was offered, and not widen it.
 *
 * @param offered - what the offer was made from.
 */
export function readDeflateAnswer(answer: ExtensionOffer, offered: DeflateParameters): DeflateReading {
  const given = readParameters(answer);
  if (given === undefined) return { type: "fault", reason: "a parameter of permessage-deflate is unknown or invalid" };
  if (given.clientMaxWindowBits === true) return { type: "fault", reason: "client_max_window_bits has no value" };
  const { serverMaxWindowBits = windowBits.max, clientMaxWindowBits = windowBits.max } = given;
  // §7.1.1.1, §7.1.2.1: a server accepts an offer with one of these "by including" it in its answer, which may be narrower.
  if (offered.serverNoContextTakeover && !given.serverNoContextTakeover) {
    return { type: "fault", reason: "server_no_context_takeover was offered and is missing" };
  }
  if (serverMaxWindowBits > offered.serverMaxWindowBits) {
    return { type: "fault", reason: `server_max_window_bits is more than ${offered.serverMaxWindowBits}` };
  }
  if (given.clientMaxWindowBits !== undefined && clientMaxWindowBits > offered.clientMaxWindowBits) {
    return { type: "fault", reason: `client_max_window_bits is more than ${offered.clientMaxWindowBits}` };
  }
  return {
    type: "agreed",
    parameters: {
      serverNoContextTakeover: given.serverNoContextTakeover,
      clientNoContextTakeover: given.clientNoContextTakeover || offered.clientNoContextTakeover,
      serverMaxWindowBits,
      clientMaxWindowBits: Math.min(clientMaxWindowBits, offered.clientMaxWindowBits),
    },
  };
}

function answerOffer(offer: ExtensionOffer, wanted: DeflateParameters): DeflateAnswer | undefined {
  const offered = readParameters(offer);
  if (offered === undefined) return undefined;
  const { serverMaxWindowBits: serverBits, clientMaxWindowBits: clientBits } = offered;
  const parameters: DeflateParameters = {
    serverNoContextTakeover: offered.serverNoContextTakeover || wanted.serverNoContextTakeover,
    clientNoContextTakeover: offered.clientNoContextTakeover || wanted.clientNoContextTakeover,
    serverMaxWindowBits: Math.min(serverBits ?? windowBits.max, wanted.serverMaxWindowBits),
    // §7.1.2.2: 'If a received extension negotiation offer doesn't have the "client_max_window_bits" extension parameter, the
    // corresponding extension negotiation response to the offer MUST NOT include the "client_max_window_bits" extension parameter.'
    clientMaxWindowBits:
      clientBits === undefined
        ? windowBits.max
        : Math.min(clientBits === true ? windowBits.max : clientBits, wanted.clientMaxWindowBits),
  };
  const { serverMaxWindowBits, clientMaxWindowBits } = parameters;
  const header = writeElement([
    parameters.serverNoContextTakeover && "server_no_context_takeover",
    parameters.clientNoContextTakeover && "client_no_context_takeover",
    (serverBits !== undefined || serverMaxWindowBits < windowBits.max) &&
      `server_max_window_bits=${serverMaxWindowBits}`,
    clientMaxWindowBits < windowBits.max && `client_max_window_bits=${clientMaxWindowBits}`,
  ]);
  return { parameters, header };
}

function writeElement(parameters: readonly (string | false)[]): string {
  return [extensionName, ...parameters.filter((parameter) => parameter !== false)].join("; ");
}

interface GivenParameters {
  readonly serverNoContextTakeover: boolean;
  readonly clientNoContextTakeover: boolean;
  readonly serverMaxWindowBits?: number;
  /** `true` when it is there without a value, which an offer may do. */
  readonly clientMaxWindowBits?: number | true;
}

/** The parameters of one element, or `undefined` if one is unknown or has a value it may not have. */
function readParameters(element: ExtensionOffer): GivenParameters | undefined {
  const given: { -readonly [Name in keyof GivenParameters]: GivenParameters[Name] } = {
    serverNoContextTakeover: false,
    clientNoContextTakeover: false,
  };
  for (const [name, value] of element.params) {
    const bits = readWindowBits(value);
    if (name === "server_no_context_takeover" && value === true) given.serverNoContextTakeover = true;
    else if (name === "client_no_context_takeover" && value === true) given.clientNoContextTakeover = true;
    else if (name === "server_max_window_bits" && bits !== undefined) given.serverMaxWindowBits = bits;
    else if (name === "client_max_window_bits" && value === true) given.clientMaxWindowBits = true;
    else if (name === "client_max_window_bits" && bits !== undefined) given.clientMaxWindowBits = bits;
    else return undefined;
  }
  return given;
}

// §7.1.2: "a decimal integer value without leading zeroes between 8 to 15, inclusive"
function readWindowBits(value: string | true): number | undefined {
  return value !== true && /^(?:[89]|1[0-5])$/.test(value) ? Number(value) : undefined;
}
