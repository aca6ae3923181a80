/** An inspection as people read it, 80 columns wide where its words are ours. */
import { createColors } from "picocolors";
import type { Finding, InspectedFrame, InspectedStep, Inspection } from "./inspection.ts";
import { printable } from "./printable.ts";
import { wrap } from "./wrap.ts";

type Colors = ReturnType<typeof createColors>;

const stepNames: Readonly<Record<InspectedStep["name"], string>> = {
  dns: "DNS",
  tcp: "TCP",
  tls: "TLS",
  http2: "HTTP/2",
  upgrade: "Upgrade",
};
const columnCount = 80;

/** Writes it all, an empty line between the parts. */
export function printInspection(inspection: Inspection, hasColors: boolean): string {
  const colors = createColors(hasColors);
  const parts = [
    [colors.bold(printable(inspection.url))],
    inspection.steps.flatMap((step) => stepLines(step, colors)),
    inspection.request.map((line) => `${colors.cyan(">")} ${printable(line)}`),
    responseLines(inspection, colors),
    agreementLines(inspection),
    inspection.frames.map((frame) => frameLine(frame, colors)),
    summaryLines(inspection),
    ...inspection.findings.map((finding) => findingLines(finding, colors)),
    inspection.findings.length === 0 ? [`${colors.green("ok")} The handshake is right, and the connection works`] : [],
  ];
  const blocks = parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map((line) => `  ${line}`.trimEnd()).join("\n"));
  return `\n${blocks.join("\n\n")}\n\n`;
}

function stepLines({ name, ms, detail }: InspectedStep, { dim }: Colors): readonly string[] {
  const [first = "", ...more] = detail.split("\n").map(printable);
  return [
    `${stepNames[name].padEnd(8)}${dim(`${ms.toFixed(1)} ms`.padStart(10))}  ${first}`,
    ...more.map((line) => `${" ".repeat(20)}${line}`),
  ];
}

function responseLines({ response }: Inspection, { magenta, dim }: Colors): readonly string[] {
  if (response === undefined) return [];
  const body = response.body.trimEnd().split("\n").slice(0, 10);
  return [
    ...response.head.map((line) => `${magenta("<")} ${printable(line)}`),
    ...(response.body === "" ? [] : ["", ...body.map((line) => dim(shorten(printable(line), columnCount - 4)))]),
  ];
}

function agreementLines({ isOpen, subprotocol, extensions }: Inspection): readonly string[] {
  if (!isOpen) return [];
  return [
    `Subprotocol  ${subprotocol === "" ? "none" : printable(subprotocol)}`,
    `Extensions   ${extensions === "" ? "none" : printable(extensions)}`,
  ];
}

function frameLine(frame: InspectedFrame, { cyan, magenta, dim }: Colors): string {
  const { direction, afterMs, opcode, isFinal, rsv1, isMasked, payloadBytes, preview } = frame;
  const arrow = direction === "sent" ? cyan(">") : magenta("<");
  const flags = [isFinal ? "FIN" : "", rsv1 ? "RSV1" : "", isMasked ? "MASK" : ""].filter((flag) => flag !== "");
  const facts = `${opcode.padEnd(12)} ${flags.join(" ").padEnd(13)} ${count(payloadBytes, "byte")}`;
  const shown = preview === undefined ? "" : dim(`  ${shorten(printable(preview), 24)}`);
  return `${arrow} ${dim(`+${afterMs.toFixed(1)} ms`.padStart(10))}  ${facts}${shown}`;
}

function shorten(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

function summaryLines(inspection: Inspection): readonly string[] {
  const { connectionCount, roundTripCount, openAfterMs, pingMs, close } = inspection;
  const total = `${count(connectionCount, "connection")}, ${count(roundTripCount, "round trip")}`;
  const opened = openAfterMs === undefined ? "" : `, open after ${openAfterMs.toFixed(1)} ms`;
  const ping = pingMs === undefined ? "" : `, ping ${pingMs.toFixed(1)} ms`;
  const names = { us: "us", peer: "the server", network: "nobody: the connection was cut" };
  return [
    `${total}${opened}${ping}`,
    ...(close === undefined ? [] : [`Closed with ${close.code} by ${names[close.by]}`]),
  ];
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function findingLines({ severity, problem, remedy, configuration }: Finding, colors: Colors): readonly string[] {
  const label = severity === "error" ? colors.red("error") : colors.yellow("warning");
  const [first = "", ...more] = wrap(printable(problem), columnCount - 10);
  return [
    `${label} ${colors.bold(first)}`,
    ...more.map((line) => colors.bold(line)),
    ...wrap(printable(remedy), columnCount - 4),
    ...configuration.flatMap(({ program, text }) => [
      "",
      colors.cyan(`${program}:`),
      ...text.split("\n").map((line) => `  ${line}`),
    ]),
  ];
}
