/** The lines that are given, as the programs they are for read them. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import {
  authorizationLines,
  certificateLines,
  http2Lines,
  originLines,
  tlsLines,
  upgradeLines,
} from "./configuration-lines.ts";

const certFile = fileURLToPath(new URL("../../test/fixtures/tls/cert.pem", import.meta.url));
const keyFile = certFile.replace("cert.pem", "key.pem");

function isMissing(program: string): boolean {
  return process.env["CI"] === undefined && spawnSync(program, ["-v"]).status !== 0;
}

/** Has the program check a file. */
function check(program: "nginx" | "haproxy", write: (folder: string) => string): { ok: boolean; told: string } {
  const folder = mkdtempSync(join(tmpdir(), "switchboard-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "both.pem"), Buffer.concat([readFileSync(certFile), readFileSync(keyFile)]));
  const file = join(folder, "proxy.conf");
  writeFileSync(file, write(folder));
  const args = program === "nginx" ? ["-t", "-q", "-p", folder, "-c", file, "-e", "stderr"] : ["-c", "-q", "-f", file];
  const { status, stderr } = spawnSync(program, args, { encoding: "utf8" });
  return { ok: status === 0, told: stderr };
}

function textFor(lines: ReturnType<typeof upgradeLines>, program: string): string {
  return lines.find((one) => one.program === program)?.text ?? "nothing at all";
}

const taken = { ok: true, told: "" };
/** Each with the block of nginx that it belongs in. */
const all = [
  ["upgradeLines", upgradeLines("/ws"), "server"],
  ["upgradeLines of a path with a space, a semicolon and a quote", upgradeLines('/a%20b;c"{'), "server"],
  ["originLines", originLines, "location"],
  ["authorizationLines", authorizationLines, "location"],
  ["certificateLines", certificateLines, "server"],
  ["tlsLines", tlsLines, "server"],
  ["http2Lines", http2Lines, "server"],
] as const;

for (const [name, lines, place] of all) {
  test.skipIf(isMissing("nginx"))(`[CM40] nginx -t takes ${name}`, () => {
    const text = textFor(lines, "nginx")
      .replace("/etc/ssl/fullchain.pem", certFile)
      .replace("/etc/ssl/privkey.pem", keyFile);
    const block = place === "server" ? text : `location /ws {\n${text}\n}`;
    const write = (): string => `pid nginx.pid;\nevents {}\nhttp {\naccess_log off;
client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
server {\n${block}\n}\n}\n`;
    expect(check("nginx", write)).toEqual(taken);
  });

  test.skipIf(isMissing("haproxy"))(`[CM40] haproxy -c takes ${name}`, () => {
    const text = textFor(lines, "HAProxy");
    const bind = text.includes("bind ") ? "" : "    bind 127.0.0.1:8443\n";
    const write = (folder: string): string =>
      `defaults
    mode http
    timeout connect 5s
    timeout client 5s
    timeout server 5s
${text.startsWith("frontend") ? text.replace("\n", `\n${bind}`) : `frontend web\n${bind}${text}`}
`.replace("/etc/haproxy/certificates/", join(folder, "both.pem"));
    expect(check("haproxy", write)).toEqual(taken);
  });
}

test("[CM40] a path that is no UTF-8 is given as it is, a plain one without quotes", () => {
  expect(textFor(upgradeLines("/a%ff"), "nginx")).toMatch(/^location "\/a%ff" \{/);
  expect(textFor(upgradeLines("/chat/~me.1"), "nginx")).toMatch(/^location \/chat\/~me\.1 \{/);
});
