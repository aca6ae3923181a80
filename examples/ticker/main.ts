import { connect } from "switchboard/client";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { formatCents, Market, parseWatched, toggleWatched } from "./market.ts";
import type { TickerGateway } from "./server.ts";

function find<Kind extends Element>(selector: string): Kind {
  return document.querySelector(selector) as Kind;
}

const rows = find<HTMLTableSectionElement>("tbody");
const filter = find<HTMLInputElement>("#filter");
const onlyWatched = find<HTMLInputElement>("#only-watched");
const state = find<HTMLOutputElement>("#state");
const rate = find<HTMLOutputElement>("#rate");
const title = find<HTMLHeadingElement>("#chart-title");

const market = new Market();
const cells = new Map<string, { readonly row: HTMLTableRowElement; readonly price: HTMLTableCellElement }>();
const changed = new Set<string>();
let watched = parseWatched(localStorage.getItem("watched"));
let changeCount = 0;
let ageMs = 0;

const chart = new uPlot(
  {
    width: 600,
    height: 260,
    legend: { show: false },
    series: [{}, { stroke: "#1a9a78", width: 2, fill: "#1a9a7833", points: { show: false } }],
    axes: [
      { stroke: "#888", grid: { show: false }, space: 90, incrs: [1, 2, 5, 10, 15, 30, 60], values: "{HH}:{mm}:{ss}" },
      { stroke: "#888", size: 70 },
    ],
  },
  [[], []],
  find("#chart"),
);
new ResizeObserver(([entry]) => {
  chart.setSize({ width: entry?.contentRect.width ?? 600, height: 260 });
}).observe(find("#chart"));

const client = connect<TickerGateway>("/ws");
const { quote } = client.market({ name: "all" });
client.onState(
  (info) =>
    (state.value = {
      connecting: "Connecting…",
      open: "Live",
      waiting: "Connection lost: trying again",
      closed: "Closed",
    }[info.state]),
);
void read(Number(new URLSearchParams(location.search).get("throttle") ?? 0));

/** As fast as it comes; or, for trying out, as slowly as a throttled page would. The loop skips what is outdated. */
async function read(pauseMs: number): Promise<void> {
  for await (const { data } of quote) {
    market.add(data);
    changed.add(data.symbol);
    changeCount++;
    ageMs = Math.max(0, Date.now() - data.atMs);
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

/** Draws what has changed since the last frame, and nothing while nobody looks. */
function draw(): void {
  for (const symbol of changed) drawRow(symbol);
  if (changed.has(market.charted)) chart.setData(market.points);
  changed.clear();
  requestAnimationFrame(draw);
}

function drawRow(symbol: string): void {
  const known = market.quotes.get(symbol);
  if (known === undefined) return;
  const { price } = cells.get(symbol) ?? addRow(symbol);
  price.textContent = formatCents(known.cents);
  price.dataset["direction"] = known.direction;
  price.dataset["atMs"] = String(known.atMs);
}

function addRow(symbol: string): { readonly row: HTMLTableRowElement; readonly price: HTMLTableCellElement } {
  const row = find<HTMLTemplateElement>("#row").content.firstElementChild?.cloneNode(true) as HTMLTableRowElement;
  const [watch, name] = row.querySelectorAll("button") as unknown as [HTMLButtonElement, HTMLButtonElement];
  name.textContent = symbol;
  name.addEventListener("click", () => showChart(symbol));
  watch.setAttribute("aria-label", `Watch ${symbol}`);
  watch.addEventListener("click", () => {
    watched = toggleWatched(watched, symbol);
    localStorage.setItem("watched", watched.join(","));
    show();
  });
  const cell = { row, price: row.querySelector(".price") as HTMLTableCellElement };
  cells.set(symbol, cell);
  rows.append(row);
  showRow(symbol);
  if (market.charted === "") showChart(symbol);
  return cell;
}

function showRow(symbol: string): void {
  const row = cells.get(symbol)?.row;
  if (row === undefined) return;
  const isWatched = watched.includes(symbol);
  row.querySelector("button")?.setAttribute("aria-pressed", String(isWatched));
  row.hidden = !symbol.includes(filter.value.toUpperCase()) || (onlyWatched.checked && !isWatched);
}

function show(): void {
  for (const symbol of cells.keys()) showRow(symbol);
}

function showChart(symbol: string): void {
  market.chart(symbol);
  title.textContent = symbol;
  chart.setData(market.points);
}

filter.addEventListener("input", show);
onlyWatched.addEventListener("change", show);
setInterval(() => {
  rate.value = `${changeCount.toLocaleString("en")} prices a second reach this page, the last one ${ageMs} ms old`;
  changeCount = 0;
}, 1000);
draw();
