import { type Client, connect } from "switchboard/client";
import { msgpack } from "switchboard/msgpack";
import { readControls, watchControls } from "./controls.ts";
import { draw } from "./draw.ts";
import { between, Past, Pilot } from "./netcode.ts";
import { decodeView, pack, tickMs, type View } from "./rules.ts";
import type { GameGateway } from "./server.ts";

const find = <Kind extends Element>(selector: string): Kind => document.querySelector(selector) as Kind;
const canvas = find<HTMLCanvasElement>("canvas");
const start = find<HTMLDialogElement>("dialog");
const name = find<HTMLInputElement>("input");
const state = find<HTMLOutputElement>("#state");
const line = find("#line");
const place = find("#place");

const pilot = new Pilot();
const past = new Past();
const names = new Map<number, string>();
let view: View | undefined;
let pressedAtMs = 0;

name.value = sessionStorage.getItem("name") ?? "";
start.addEventListener("close", play);
if (name.value === "") start.showModal();
else play();

function play(): void {
  sessionStorage.setItem("name", name.value);
  // The device is the tab's: the same player after a reload, another one in another tab.
  const client = connect<GameGateway>("/ws", { token: name.value, storage: sessionStorage, codec: msgpack });
  client.ranking().rows.on(({ data }) => showRanking(data));
  let isSeated = false;
  client.onState((info) => {
    state.value = info.state === "open" ? "" : "No connection: your seat is kept for 30 seconds";
    if (info.state !== "open") return pilot.forget();
    if (!isSeated) steer(client.seat({ player: info.user.id })); // the room survives a broken line
    isSeated = true;
  });
  watchControls(canvas);
  requestAnimationFrame(drawAll);
}

function steer(seat: ReturnType<Client<GameGateway>["seat"]>): void {
  seat.view.on(({ data }) => {
    view = decodeView(data);
    pilot.correct(view, performance.now());
    past.add(view, performance.now());
  });
  setInterval(() => {
    if (seat.status !== "live") return;
    pressedAtMs = performance.now();
    const { seq, dx, dy } = pilot.press(readControls(), pressedAtMs);
    void seat.input.send(pack([seq, dx, dy]));
    const [x, y] = [pilot.ship?.x ?? 0, pilot.ship?.y ?? 0].map((position) => Math.round(position / 16));
    place.textContent = `${x}, ${y} · ${view?.others.length ?? 0} in sight`;
    line.textContent = `${Math.round(pilot.delayMs)} ms, ${past.lossPercent} % lost`;
  }, tickMs);
}

function drawAll(nowMs: number): void {
  requestAnimationFrame(drawAll);
  const { ship, before = ship } = pilot;
  if (ship === undefined || before === undefined || view === undefined) return;
  const middle = between(before, ship, Math.min(1, (nowMs - pressedAtMs) / tickMs));
  const ships = [...past.at(nowMs), { ...middle, seat: view.seat }];
  const shown = ships.map((one) => ({ ...one, color: colorOf(one.seat), name: names.get(one.seat) ?? "" }));
  draw(canvas, { middle, gems: view.gems, ships: shown });
}

function showRanking(
  rows: readonly { readonly number: number; readonly name: string; readonly score: number }[],
): void {
  for (const row of rows) names.set(row.number, row.name);
  const items = rows
    .slice(0, 8)
    .map((row) => Object.assign(document.createElement("li"), { textContent: `${row.name} ${row.score}` }));
  for (const [index, item] of items.entries()) item.style.color = colorOf(rows[index]?.number ?? 0);
  find("ol").replaceChildren(...items);
}

function colorOf(seat: number): string {
  return `hsl(${(seat * 137 + 190) % 360} 85% 65%)`;
}
