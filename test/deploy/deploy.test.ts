/** The files of deploy/ against the program that they run. Under the proxies: rolling-restart.test.ts. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, expect, test } from "vitest";
import { createServeCommand } from "../../src/cli/serve-command.ts";
import { findParts } from "../interop/harness/parts.ts";
import { at, namesIn, readCompose, readDeployed, readManifest, variablesIn } from "./deployed-files.ts";
import { checkConfiguration, substitute } from "./reference-proxy.ts";
import { ServedNode } from "./served-node.ts";

const files = ["nginx.conf", "haproxy.cfg", "switchboard@.service", "Containerfile", "compose.yaml", "kubernetes.yaml"];
const container = variablesIn(readDeployed("Containerfile"));
const manifest = readManifest();
const pod = at(manifest.get("Deployment"), "spec", "template", "spec");
const cleanUps: (() => unknown)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0).reverse()) cleanUp();
});

const ms = (seconds: unknown): number => Number(String(seconds).replace(/s$/u, "")) * 1000;

test.each(files)("[DP2] every variable in %s is an option of the command, with a value that it takes", (file) => {
  const options = new Map(createServeCommand().options.map((option) => [option.envVar, option]));
  const text = readDeployed(file);
  expect(namesIn(text).filter((name) => !options.has(name))).toEqual([]);
  for (const [name, value] of variablesIn(text)) {
    // %S and %i are systemd's; it is for it to replace them.
    expect(() => options.get(name)?.parseArg?.(value, undefined), `${name}=${value}`).not.toThrow();
  }
  expect(namesIn(text).length).toBeGreaterThan(0);
});

test("[DP3] whoever stops a node waits for longer than its grace, which is longer than its drain", () => {
  const unit = readDeployed("switchboard@.service");
  const stopsAfterMs = ms(/^TimeoutStopSec=(\d+)$/mu.exec(unit)?.[1]);
  const compose = readCompose();
  const nodes = ["node-1", "node-2", "node-3"].map((name) => at(compose, "services", name));
  const kubernetes = variablesIn(readDeployed("kubernetes.yaml"));
  const preStopMs = ms(at(pod, "containers", 0, "lifecycle", "preStop", "exec", "command", 1));
  const waits: readonly (readonly [ReadonlyMap<string, string>, number])[] = [
    [variablesIn(unit), stopsAfterMs],
    ...nodes.map((node) => [container, ms(at(node, "stop_grace_period"))] as const),
    [kubernetes, ms(at(pod, "terminationGracePeriodSeconds")) - preStopMs],
  ];
  for (const [variables, waitMs] of waits) {
    const [graceMs, drainMs] = ["GRACE", "DRAIN"].map((name) => Number(variables.get(`SWITCHBOARD_${name}_MS`)));
    expect(waitMs).toBeGreaterThan(graceMs ?? Number.NaN);
    expect(graceMs).toBeGreaterThan(drainMs ?? Number.NaN);
  }
});

test("[DP4] the manifest probes what the program answers, at its ports, and selects its own pods", () => {
  const node = at(pod, "containers", 0);
  const ports = at(node, "ports") as readonly unknown[];
  expect(ports.map((port) => String(at(port, "containerPort")))).toEqual(
    ["SWITCHBOARD_PORT", "SWITCHBOARD_ADMIN_PORT"].map((name) => container.get(name)),
  );
  expect(ports.map((port) => at(port, "name"))).toEqual(["public", "admin"]);
  expect(at(node, "readinessProbe", "httpGet")).toEqual({ path: "/readyz", port: "admin" });
  expect(at(node, "livenessProbe", "tcpSocket")).toEqual({ port: "admin" });
  // The canary of /readyz has 2 s.
  expect(at(node, "readinessProbe", "timeoutSeconds")).toBeGreaterThan(2);
  const labels = at(manifest.get("Deployment"), "spec", "template", "metadata", "labels");
  expect(at(manifest.get("Deployment"), "spec", "selector", "matchLabels")).toEqual(labels);
  expect(at(manifest.get("Service"), "spec", "selector")).toEqual(labels);
  expect(at(manifest.get("Service"), "spec", "ports", 0, "targetPort")).toBe("public");
  expect(at(manifest.get("Service"), "spec", "sessionAffinity")).toBe("None");
  expect(at(manifest.get("PodDisruptionBudget"), "spec", "selector", "matchLabels")).toEqual(labels);
  const [replicas, gone] = [
    ["Deployment", "replicas"],
    ["PodDisruptionBudget", "maxUnavailable"],
  ].map(([kind = "", name = ""]) => Number(at(manifest.get(kind), "spec", name)));
  expect(replicas).toBeGreaterThan(gone ?? Number.NaN);
  const mounted = at(node, "volumeMounts", 0, "mountPath");
  const key = at(pod, "volumes", 0, "secret", "items", 0, "path");
  expect(`${String(mounted)}/${String(key)}`).toBe(container.get("SWITCHBOARD_API_KEY_FILE"));
});

test("[DP4] the nodes of the compose file are those of the proxies' configurations, and it mounts what they read", () => {
  const compose = readCompose();
  const names = Object.keys(at(compose, "services") as object).filter((name) => name.startsWith("node-"));
  const places = names.map((name) => `${name}:${container.get("SWITCHBOARD_PORT")}`);
  expect(names).toHaveLength(3);
  for (const file of ["nginx.conf", "haproxy.cfg"]) {
    expect(readDeployed(file).match(/\bnode-\d:\d+/gu)).toEqual(places);
  }
  expect(readDeployed("haproxy.cfg")).toContain(`check port ${container.get("SWITCHBOARD_ADMIN_PORT")} `);
  expect(at(compose, "services", "proxy", "depends_on")).toEqual(names);
  expect(at(compose, "services", "proxy", "volumes")).toEqual([
    expect.stringMatching(/^\.\/haproxy\.cfg:/u),
    expect.stringMatching(/^\.\/tls:\/etc\/switchboard\/tls:/u),
  ]);
  expect(readDeployed("haproxy.cfg")).toContain(" crt /etc/switchboard/tls/both.pem ");
  const secret = String(at(compose, "services", "node-1", "secrets", 0, "target"));
  expect(`/run/secrets/${secret}`).toBe(container.get("SWITCHBOARD_API_KEY_FILE"));
  // What is acknowledged at fsync is what this Redis gives.
  expect(at(compose, "services", "redis", "command")).toContain("--appendonly yes --appendfsync always");
  expect(at(compose, "services", "node-1", "environment", "SWITCHBOARD_REQUIRE")).toBe("fsync");
});

test("[DP5] systemd finds nothing wrong with the unit", (context) => {
  const isMissing = spawnSync("systemd-analyze", ["--version"]).status !== 0;
  if (isMissing && process.env["CI"] === undefined) return context.skip("no systemd-analyze is installed");
  const folder = makeFolder();
  const file = join(folder, "switchboard@8081.service");
  const unit = readDeployed("switchboard@.service");
  writeFileSync(file, substitute(unit, [["/usr/local/bin/switchboard", process.execPath]]));
  const { status, stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", file], { encoding: "utf8" });
  expect([status, stderr]).toEqual([0, ""]);
  expect(/^ExecStart=(.*)$/mu.exec(unit)?.[1]).toBe("/usr/local/bin/switchboard serve");
});

test("[DP5] nginx and HAProxy find nothing wrong with their configurations", async (context) => {
  const parts = await findParts(["nginx", "haproxy"], false);
  if (parts.size < 2 && process.env["CI"] === undefined) return context.skip("no nginx or no HAProxy is installed");
  for (const name of ["nginx", "haproxy"] as const) await expect(checkConfiguration(name)).resolves.toBeUndefined();
  expect(() => substitute("listen 80; listen 80;", [["listen 80;", "listen 81;"]])).toThrow("is not there once");
});

test("[DP6] what the container file copies and runs is there, in the versions that are tested", () => {
  const text = readDeployed("Containerfile");
  const { bin, devDependencies, scripts, version } = JSON.parse(readFileSync("package.json", "utf8")) as {
    readonly bin: Readonly<Record<string, string>>;
    readonly devDependencies: Readonly<Record<string, string>>;
    readonly scripts: Readonly<Record<string, string>>;
    readonly version: string;
  };
  expect(text).toContain(`/build/switchboard-${version}.tgz`);
  for (const name of ["@redis/client", "@nats-io/transport-node"]) {
    expect(text).toContain(` ${name}@${devDependencies[name]}`);
  }
  for (const [, name = ""] of text.matchAll(/npm run (\w+)/gu)) expect(scripts).toHaveProperty(name);
  expect(text).toContain(`"/app/node_modules/switchboard/${bin["switchboard"]?.replace("./", "")}"`);
  expect(text).toContain(`EXPOSE ${container.get("SWITCHBOARD_PORT")} ${container.get("SWITCHBOARD_ADMIN_PORT")}\n`);
  expect(text).toContain(`VOLUME ${container.get("SWITCHBOARD_DATA")}\n`);
  expect(existsSync(resolve(bin["switchboard"] ?? ""))).toBe(true);
});

test("[DP6] with the container's variables the command runs, is probed without a key, and stops with 0", async () => {
  const folder = makeFolder();
  const keys = join(folder, "keys");
  writeFileSync(keys, `read ${"k".repeat(32)}\n`);
  const variables = { ...Object.fromEntries(container), SWITCHBOARD_DATA: folder, SWITCHBOARD_API_KEY_FILE: keys };
  const node = await ServedNode.start(variables);
  cleanUps.push(() => node.kill());
  expect([await node.probe("/readyz"), await node.probe("/healthz"), await node.probe("/metrics")]).toEqual([
    200, 200, 401,
  ]);
  expect(await node.stop()).toBe(0);
});

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "switchboard-deploy-"));
  cleanUps.push(() => rmSync(folder, { recursive: true }));
  return folder;
}
