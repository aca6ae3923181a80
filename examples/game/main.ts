import { connect } from "switchboard/client";
import { msgpack } from "switchboard/msgpack";
import { readControls, watchControls } from "./controls.ts";
import { colorOf, draw } from "./draw.ts";
import { between, Past, Pilot } from "./netcode.ts";
import { decodeView, pack, tickMs, type View } from "./rules.ts";
import type { GameGateway } from "./server.ts";

const find = <Kind extends Element>(selector: string): Kind => document.querySelector(selector) as Kind;
const canvas = find<HTMLCanvasElement>("canvas");

const pilot = new Pilot();
const past = new Past();
let view: View | undefined;
let isSeated = false;
let pressedAtMs = 0;

// The device is the tab's: the same player after a reload, another one in another tab.
const client = connect<GameGateway>("/ws", { storage: sessionStorage, codec: msgpack });
client.onState((info) => {
  const isOpen = info.state === "open";
  find<HTMLOutputElement>("output").value = isOpen ? "" : "No connection: your seat is kept for 30 seconds";
  if (isOpen && !isSeated) takeSeat(info.user.id); // once: the room survives a broken line
});
watchControls(canvas);
requestAnimationFrame(drawAll);

function takeSeat(player: string): void {
  isSeated = true;
  const seat = client.seat({ player });
  seat.view.on(({ data }) => {
    view = decodeView(data);
    pilot.correct(view, performance.now());
    past.add(view, performance.now());
    showFigures(view);
  });
  setInterval(() => {
    if (seat.status !== "live") return;
    pressedAtMs = performance.now();
    const { seq, dx, dy } = pilot.press(readControls(), pressedAtMs);
    void seat.input.send(pack([seq, dx, dy]));
  }, tickMs);
}

function drawAll(nowMs: number): void {
  requestAnimationFrame(drawAll);
  const { ship, before = ship } = pilot;
  if (ship === undefined || before === undefined || view === undefined) return;
  const middle = between(before, ship, Math.min(1, (nowMs - pressedAtMs) / tickMs));
  draw(canvas, { middle, gems: view.gems, ships: [...past.at(nowMs), { ...middle, seat: view.seat }] });
}

function showFigures({ ship, others, ranking, seat }: View): void {
  const [x, y] = [ship.x, ship.y].map((position) => Math.round(position / 16));
  find("#figures").textContent = `${Math.round(pilot.delayMs)} ms\n${x}, ${y} · ${others.length} in sight`;
  const rows = ranking.map(({ seat: number, score }) => {
    const row = document.createElement("li");
    row.textContent = `${number === seat ? "You, player" : "Player"} ${number + 1}: ${score}`;
    row.style.color = colorOf(number);
    return row;
  });
  find("ol").replaceChildren(...rows);
}
