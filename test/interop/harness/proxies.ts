import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { freePort } from "../../free-port.ts";
import { isListening } from "../../is-listening.ts";
import { Child, type Command } from "./child.ts";

/** What a proxy speaks to the client: HTTP/1.1, HTTP/2 (and 1.1) over TLS, or HTTP/2 without TLS. */
export type Front = "h1" | "tls" | "h2c";

/** How a proxy is to be started. */
export interface ProxyPlan {
  readonly name: "nginx" | "haproxy" | "nghttpx";
  readonly front: Front;
  readonly back: "h1" | "h2c";
}

/** A proxy that is running. */
export interface Proxy {
  readonly port: number;
  stop(): Promise<void>;
}

/** The certificate every end uses, and its key. */
export const certificate: string = resolve("test/fixtures/tls/cert.pem");
export const key: string = resolve("test/fixtures/tls/key.pem");

interface Place {
  readonly plan: ProxyPlan;
  readonly folder: string;
  readonly port: number;
  readonly backPort: number;
}

/** Starts a proxy before a server; resolves when it takes connections. */
export async function startProxy(plan: ProxyPlan, backPort: number): Promise<Proxy> {
  const folder = mkdtempSync(join(tmpdir(), "switchboard-interop-"));
  const port = await freePort(); // none of the three can be given port 0 and tell
  const child = new Child(commandOf({ plan, folder, port, backPort }));
  const stop = async (): Promise<void> => {
    await child.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await child.until(() => isListening(port));
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, stop };
}

function commandOf(place: Place): Command {
  const { plan, folder, port, backPort } = place;
  const file = join(folder, "proxy.conf");
  switch (plan.name) {
    case "nginx":
      writeFileSync(file, nginxConfiguration(place));
      return ["nginx", "-p", folder, "-c", file, "-e", "stderr"];
    case "haproxy":
      writeFileSync(join(folder, "both.pem"), readFileSync(certificate, "utf8") + readFileSync(key, "utf8"));
      writeFileSync(file, haproxyConfiguration(place));
      return ["haproxy", "-db", "-f", file];
    case "nghttpx":
      return [
        "nghttpx",
        "--conf=/dev/null",
        "--errorlog-file=/dev/stderr",
        `--frontend=127.0.0.1,${port}${plan.front === "tls" ? "" : ";no-tls"}`,
        `--backend=127.0.0.1,${backPort}`,
        ...(plan.front === "tls" ? [key, certificate] : []),
      ];
    default:
      return plan.name satisfies never;
  }
}

function nginxConfiguration({ folder, port, backPort }: Place): string {
  return `
daemon off;
master_process off;
pid ${folder}/nginx.pid;
events {}
http {
  access_log off;
  client_body_temp_path ${folder};
  proxy_temp_path ${folder};
  fastcgi_temp_path ${folder};
  uwsgi_temp_path ${folder};
  scgi_temp_path ${folder};
  map $http_upgrade $connection_upgrade { default upgrade; "" close; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://127.0.0.1:${backPort};
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
    }
  }
}
`;
}

function haproxyConfiguration({ plan, folder, port, backPort }: Place): string {
  const fronts: Record<Front, string> = {
    h1: "",
    tls: ` ssl crt ${folder}/both.pem alpn h2,http/1.1`,
    h2c: " proto h2",
  };
  return `
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  timeout tunnel 30s
frontend in
  bind 127.0.0.1:${port}${fronts[plan.front]}
  default_backend out
backend out
  server ours 127.0.0.1:${backPort}${plan.back === "h2c" ? " proto h2" : ""}
`;
}
