import type { GatewayInfo } from "../health.ts";
import type { Machine } from "../machine.ts";
import type { Store } from "../store.ts";

/** No client can name it: a channel's name has no `~`. */
export const canaryChannel = "~switchboard/canary";

/** Whether a gateway can take and deliver messages now. */
export type Verdict =
  | { readonly status: "ready"; readonly canaryMs: number }
  | { readonly status: "unready"; readonly reason: string };

export interface ReadinessOptions {
  readonly store: Store;
  readonly machine: Machine;
  readonly info: () => GatewayInfo;
}

/** How long a canary may take to come back. */
const deadlineMs = 2_000;
/** A verdict younger than this is given again: whoever asks in a loop does not load the store. */
const freshMs = 1_000;

/**
 * Sends a canary along the way of a publish whenever somebody asks: a message of a hidden channel is stored, made stable, and told by the
 * store to this node. Nothing is sent while nobody asks.
 */
export class Readiness {
  readonly #options: ReadinessOptions;
  readonly #awaited = new Map<string, () => void>();
  #checking: Promise<Verdict> | undefined;
  #newest: { readonly verdict: Verdict; readonly atMs: number } | undefined;
  #isJoined = false;

  constructor(options: ReadinessOptions) {
    this.#options = options;
  }

  /** How long the newest canary took that came back, if one did. */
  get canaryMs(): number | undefined {
    const verdict = this.#newest?.verdict;
    return verdict?.status === "ready" ? verdict.canaryMs : undefined;
  }

  /** The store told of a canary. */
  heard(messageId: string): void {
    this.#awaited.get(messageId)?.();
  }

  /** One canary for all who ask meanwhile. */
  async check(): Promise<Verdict> {
    const { info, machine } = this.#options;
    const { reason, status } = info();
    if (status !== "ok") return { status: "unready", reason: reason ?? `the gateway is ${status}` };
    if (this.#newest !== undefined && machine.steadyMs() - this.#newest.atMs < freshMs) return this.#newest.verdict;
    this.#checking ??= this.#send().finally(() => (this.#checking = undefined));
    return this.#checking;
  }

  async #send(): Promise<Verdict> {
    const { machine } = this.#options;
    let cancel = (): void => {};
    const late = new Promise<Verdict>((resolve) => {
      const reason = `a canary did not come back within ${deadlineMs} ms`;
      cancel = machine.after(deadlineMs, () => resolve({ status: "unready", reason }));
    });
    const verdict = await Promise.race([this.#fly(), late]);
    cancel();
    this.#newest = { verdict, atMs: machine.steadyMs() };
    return verdict;
  }

  async #fly(): Promise<Verdict> {
    const { machine, store } = this.#options;
    const messageId = machine.createName();
    const startMs = machine.steadyMs();
    if (!this.#isJoined) {
      const joined = await store.join(canaryChannel);
      if (joined.type === "failed") return { status: "unready", reason: joined.error.message };
      this.#isJoined = true;
    }
    const heard = new Promise<void>((resolve) => this.#awaited.set(messageId, resolve));
    try {
      const result = await store.append(canary(messageId));
      if (result.type === "failed") return { status: "unready", reason: result.error.message };
      await heard;
      return { status: "ready", canaryMs: machine.steadyMs() - startMs };
    } finally {
      this.#awaited.delete(messageId);
    }
  }
}

function canary(messageId: string): Parameters<Store["append"]>[0] {
  const history = { maxCount: 1, maxAgeMs: 60_000 };
  const data = "null";
  return { channel: canaryChannel, event: "canary", messageId, user: { id: "server" }, data, content: data, history };
}
