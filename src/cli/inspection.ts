/** What `switchboard inspect` finds out about one URL: the shape of its `--json`. */

/** A stage of the way to an open connection, and how long it took. */
export interface InspectedStep {
  readonly name: "dns" | "tcp" | "tls" | "http2" | "upgrade";
  readonly ms: number;
  /** What came of it, for people. */
  readonly detail: string;
}

/** A frame that went by, as its header says (RFC 6455 §5.2). */
export interface InspectedFrame {
  /** After the connection was open. */
  readonly afterMs: number;
  readonly direction: "sent" | "received";
  /** `text`, `ping`, and so on; a number where the RFC has no name for it. */
  readonly opcode: string;
  readonly isFinal: boolean;
  readonly rsv1: boolean;
  readonly isMasked: boolean;
  readonly payloadBytes: number;
  /** The start of what it carries, where that can be read: neither masked nor compressed, and text. */
  readonly preview?: string;
}

/** Lines of a configuration file that mend what was found. */
export interface ConfigurationLines {
  readonly program: "nginx" | "HAProxy";
  readonly text: string;
}

export type FindingCode =
  | "dns-failure"
  | "connection-refused"
  | "unreachable"
  | "timeout"
  | "connection-lost"
  | "plain-server"
  | "tls-server"
  | "tls-failure"
  | "bad-certificate"
  | "not-http"
  | "no-http2"
  | "no-extended-connect"
  | "redirect"
  | "unauthorized"
  | "forbidden-origin"
  | "forbidden"
  | "not-found"
  | "proxy-authentication"
  | "version"
  | "upgrade-lost"
  | "not-switched"
  | "rate-limited"
  | "bad-gateway"
  | "refused"
  | "wrong-accept"
  | "bad-switch"
  | "subprotocol-mismatch"
  | "subprotocol-none"
  | "extension-mismatch"
  | "bad-frame"
  | "closed-at-once"
  | "no-pong";

/** What is wrong, and what to change. */
export interface Finding {
  readonly code: FindingCode;
  /** `error`: there is no connection, or it broke. `warning`: there is one, and something about it will hurt. */
  readonly severity: "error" | "warning";
  readonly problem: string;
  readonly remedy: string;
  readonly configuration: readonly ConfigurationLines[];
}

interface InspectedResponse {
  readonly status: number;
  /** The head, line by line. */
  readonly head: readonly string[];
  /** The start of a refusal's body. */
  readonly body: string;
}

/** How the connection ended, as RFC 6455 §7.1.5 has it: 1006 where no close frame came. */
export interface InspectedClose {
  readonly code: number;
  readonly reason: string;
  readonly by: "us" | "peer" | "network";
}

export interface Inspection {
  readonly url: string;
  readonly isOpen: boolean;
  /** From the beginning to the answer that opened it. */
  readonly openAfterMs: number | undefined;
  /** From a ping to its pong. */
  readonly pingMs: number | undefined;
  /** TCP connections that were tried. */
  readonly connectionCount: number;
  /** How often something had to go to the server and back before the connection was open. */
  readonly roundTripCount: number;
  readonly steps: readonly InspectedStep[];
  readonly request: readonly string[];
  readonly response: InspectedResponse | undefined;
  readonly subprotocol: string;
  readonly extensions: string;
  readonly frames: readonly InspectedFrame[];
  readonly close: InspectedClose | undefined;
  readonly findings: readonly Finding[];
}

/** Ends an inspection with what is wrong. */
export class InspectionFault extends Error {
  override readonly name = "InspectionFault";
  readonly finding: Finding;
  constructor(finding: Finding, options?: { readonly cause?: unknown }) {
    super(finding.problem, options);
    this.finding = finding;
  }
}
