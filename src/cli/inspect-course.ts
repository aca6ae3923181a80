/** What the steps of an inspection hand on to one another. */
import type { LookupAddress } from "node:dns";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { ConnectionOptions as TlsOptions } from "node:tls";
import type { Header } from "../engine/index.ts";
import type { ExtensionOffer } from "../protocol/index.ts";
import type { InspectionLog } from "./inspection-log.ts";

export interface InspectOptions {
  readonly protocols: readonly string[];
  /** The whole value of `Sec-WebSocket-Extensions`. */
  readonly extensions: string | undefined;
  readonly origin: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly http2: boolean;
  readonly tls: TlsOptions;
  /** Whether a certificate that nobody would trust ends it. */
  readonly checksCertificate: boolean;
  /** For everything up to the answer. */
  readonly timeoutMs: number;
  /** How long frames are listened for. */
  readonly listenMs: number;
  readonly signal: AbortSignal;
  readonly lookup: (hostname: string, options: { readonly all: true }) => Promise<readonly LookupAddress[]>;
}

/** A connection that is open, and what was agreed on it. */
export interface Opened {
  readonly socket: Duplex;
  readonly protocol: string;
  readonly extensions: readonly ExtensionOffer[];
  readonly headers: readonly Header[];
  /** What came glued behind the answer. */
  readonly rest: Uint8Array;
  /** Ends what it runs on. */
  readonly end: () => void;
}

/** What every step needs. */
export interface Course {
  readonly url: URL;
  readonly options: InspectOptions;
  readonly log: InspectionLog;
  readonly signal: AbortSignal;
  /** Says what is under way, for the words of a timeout. */
  readonly enter: (stage: string) => void;
}

/** A connection that HTTP can be spoken on. */
export interface Transport {
  readonly socket: Socket;
  /** Host and port, as they were connected to. */
  readonly place: string;
}
