/** An example's server, over TLS, in a process of its own, on a port that is free; its data is in a folder of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export interface ExampleServer {
  readonly url: string;
  /** Ends it as a crash does, and starts it again at the same place. */
  crash(): Promise<void>;
  /** Ends it as Ctrl-C does, and says with which code; removes its data. */
  remove(): Promise<number | null>;
}

/** Starts `examples/<name>/server.ts`, with settings in its environment. */
export async function startExample(
  name: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<ExampleServer> {
  const folder = await mkdtemp(join(tmpdir(), `switchboard-example-${name}-`));
  const first = await launch(name, { folder, port: 0, settings });
  const { url } = first;
  let { child } = first;
  return {
    url,
    async crash() {
      const exit = once(child, "exit");
      child.kill("SIGKILL");
      await exit;
      ({ child } = await launch(name, { folder, port: Number(new URL(url).port), settings }));
    },
    async remove() {
      const exit = once(child, "exit");
      child.kill("SIGINT");
      const [code] = (await exit) as [number | null];
      await rm(folder, { recursive: true, force: true });
      return code;
    },
  };
}

interface Place {
  readonly folder: string;
  readonly port: number;
  readonly settings: Readonly<Record<string, string>>;
}

async function launch(
  name: string,
  { folder, port, settings }: Place,
): Promise<{ readonly child: ChildProcess; readonly url: string }> {
  const script = fileURLToPath(new URL(`../examples/${name}/server.ts`, import.meta.url));
  const [cert, key] = ["cert", "key"].map((file) =>
    fileURLToPath(new URL(`fixtures/tls/${file}.pem`, import.meta.url)),
  );
  const child = spawn(process.execPath, ["--import", import.meta.resolve("tsx"), script], {
    cwd: folder,
    // Clients that it has in its own process trust the certificate too.
    env: { ...process.env, ...settings, PORT: String(port), TLS_CERT: cert, TLS_KEY: key, NODE_EXTRA_CA_CERTS: cert },
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /https?:\S+/.exec(line)?.[0];
    if (url !== undefined) return { child, url };
  }
  throw new Error(`Cannot start the example ${name}: it ended without saying where it is`);
}
