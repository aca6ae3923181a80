/** What this machine and this process give a gateway. Nothing here reads anything by itself. */
import { type DoctorFinding, findingsOf } from "./finding.ts";

export interface Machine {
  /** As `process.versions.node` has it. */
  readonly nodeVersion: string;
  /** As `/proc/self/limits` has them; undefined where only the shell knows. */
  readonly openFiles: { readonly soft: number; readonly hard: number } | undefined;
  /** `net.core.somaxconn`; undefined where there is none. */
  readonly backlogCount: number | undefined;
  readonly hasSimd: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What a gateway takes by default, and what it keeps back for files (`maxConnections`). */
const defaultConnectionCount = 20_000;
const keptBackCount = 64;
/** What Node asks for when it listens. */
const nodeBacklogCount = 511;
const leastNode = [20, 19] as const;

export function checkMachine(machine: Machine): readonly DoctorFinding[] {
  return [
    checkNode(machine),
    ...checkOpenFiles(machine),
    checkSimd(machine),
    ...checkBacklog(machine),
    ...checkProxies(machine),
  ];
}

function checkNode({ nodeVersion }: Machine): DoctorFinding {
  const { error, ok } = findingsOf("node");
  const [major = 0, minor = 0] = nodeVersion.split(".").map(Number);
  const isEnough = major > leastNode[0] || (major === leastNode[0] && minor >= leastNode[1]);
  return isEnough
    ? ok(`Node ${nodeVersion}`, "It is new enough")
    : error(
        `Node ${nodeVersion}`,
        `Switchboard is written for ${leastNode.join(".")} and newer`,
        "Install a newer Node, as from https://nodejs.org",
      );
}

function checkOpenFiles({ openFiles }: Machine): readonly DoctorFinding[] {
  if (openFiles === undefined) return [];
  const { ok, warning } = findingsOf("open-files");
  const { hard, soft } = openFiles;
  const roomCount = Math.max(1, Math.min(Math.floor(soft * 0.9), soft - keptBackCount));
  const found = `${group(soft)} open files`;
  if (roomCount >= defaultConnectionCount) return [ok(found, "There is room for all connections that a gateway takes")];
  const remedy =
    hard > soft
      ? `Raise it to ${hard === Infinity ? "65,536" : group(Math.min(hard, 65_536))}: "ulimit -n", or LimitNOFILE= of a systemd unit`
      : "Raise the hard limit: LimitNOFILE= of a systemd unit, --ulimit nofile= of a container, limits.conf of a login";
  const means = `A gateway takes ${group(roomCount)} connections then, and not the ${group(defaultConnectionCount)} it would`;
  return [warning(found, means, remedy)];
}

function checkSimd({ hasSimd }: Machine): DoctorFinding {
  const { ok, warning } = findingsOf("simd");
  return hasSimd
    ? ok("WebAssembly with SIMD", "What clients send is unmasked by vectors")
    : warning(
        "No WebAssembly with SIMD",
        "What clients send is unmasked word by word: large messages cost more",
        "Start Node without --jitless, on x64 with SSE4.1 or on arm64",
      );
}

function checkBacklog({ backlogCount }: Machine): readonly DoctorFinding[] {
  if (backlogCount === undefined) return [];
  const { ok, warning } = findingsOf("backlog");
  const found = `net.core.somaxconn is ${group(backlogCount)}`;
  return [
    backlogCount >= nodeBacklogCount
      ? ok(found, "New connections have room to wait, as many as Node asks for")
      : warning(
          found,
          "When many clients come at once, as after a restart, connections are dropped before Node sees them",
          "Raise it: sysctl -w net.core.somaxconn=4096",
        ),
  ];
}

const proxyVariables = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] as const;

function checkProxies({ env }: Machine): readonly DoctorFinding[] {
  const { note, ok } = findingsOf("proxies");
  const names = proxyVariables.flatMap((name) => [name, name.toLowerCase()]).filter((name) => env[name]);
  if (names.length === 0) return [ok("No proxy in the environment", "Connections go straight to their servers")];
  const isOne = names.length === 1;
  return [
    note(
      `${names.join(", ")} ${isOne ? "is" : "are"} set`,
      `Neither the engine nor this command reads ${isOne ? "it" : "them"}; browsers, curl and npm do`,
      "Where a proxy is the only way, give it: connect --proxy <url>, or the option proxy of the engine's connect",
    ),
  ];
}

/** With a comma between thousands. */
function group(count: number): string {
  return count === Infinity ? "unlimited" : count.toLocaleString("en-US");
}
