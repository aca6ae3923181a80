import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { freePort } from "../free-port.ts";

const command = resolve("dist/cli/main.js");

/** A node as it is deployed: the built command, told everything by its variables. It comes back at the same ports. */
export class ServedNode {
  readonly port: number;
  readonly adminPort: number;
  readonly #variables: Readonly<Record<string, string>>;
  #process: ChildProcess | undefined;

  private constructor(ports: readonly [number, number], variables: Readonly<Record<string, string>>) {
    [this.port, this.adminPort] = ports;
    this.#variables = variables;
  }

  /** @param variables - more than its ports and its address: `SWITCHBOARD_BROKER`, … */
  static async start(variables: Readonly<Record<string, string>>): Promise<ServedNode> {
    const node = new ServedNode([await freePort(), await freePort()], variables);
    await node.start();
    return node;
  }

  /** Resolves when it serves. */
  async start(): Promise<void> {
    const ports = { SWITCHBOARD_PORT: String(this.port), SWITCHBOARD_ADMIN_PORT: String(this.adminPort) };
    const child = spawn(process.execPath, [command, "serve"], {
      env: { PATH: process.env["PATH"], ...this.#variables, ...ports },
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#process = child;
    for await (const line of createInterface({ input: child.stdout })) {
      if (!line.includes('"msg":"Serving"')) continue;
      child.stdout.resume();
      return;
    }
    throw new Error("Cannot start a node: it ended before it served");
  }

  /** What an operator's probe gets. */
  async probe(path: "/readyz" | "/healthz" | "/metrics"): Promise<number> {
    return (await fetch(`http://127.0.0.1:${this.adminPort}${path}`)).status;
  }

  /** SIGTERM, as every supervisor sends it. @returns the exit code. */
  async stop(): Promise<number | null> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
    return child.exitCode;
  }

  kill(): void {
    this.#process?.kill("SIGKILL");
  }
}
