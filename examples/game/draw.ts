import { arenaSize, type Point, radius, sight } from "./rules.ts";

/** What is to be seen, in the arena's own measure. */
export interface Scene {
  readonly middle: Point;
  readonly gems: readonly Point[];
  readonly ships: readonly (Point & { readonly color: string; readonly name: string })[];
}

export function draw(canvas: HTMLCanvasElement, { middle, gems, ships }: Scene): void {
  const context = canvas.getContext("2d");
  if (context === null) return;
  canvas.width = canvas.clientWidth * devicePixelRatio;
  canvas.height = canvas.clientHeight * devicePixelRatio;
  const scale = Math.max(canvas.width, canvas.height) / (2 * sight); // all that is sent, and nothing beyond
  context.setTransform(scale, 0, 0, scale, canvas.width / 2 - middle.x * scale, canvas.height / 2 - middle.y * scale);
  drawFloor(context);
  context.shadowBlur = 20;
  for (const gem of gems) drawDisc(context, { ...gem, size: radius / 3, color: "#ffd166" });
  context.font = "300px system-ui, sans-serif";
  context.textAlign = "center";
  for (const ship of ships) {
    drawDisc(context, { ...ship, size: radius });
    drawDisc(context, { ...ship, size: radius / 2, color: "#ffffffb0" });
    context.fillText(ship.name, ship.x, ship.y - 1.5 * radius);
  }
}

function drawFloor(context: CanvasRenderingContext2D): void {
  context.fillStyle = "#141a2c";
  context.fillRect(0, 0, arenaSize, arenaSize);
  context.strokeStyle = "#25304f";
  context.lineWidth = 30;
  for (let at = 0; at <= arenaSize; at += 2000) {
    context.strokeRect(at, 0, 0, arenaSize);
    context.strokeRect(0, at, arenaSize, 0);
  }
}

type Disc = Point & { readonly size: number; readonly color: string };

function drawDisc(context: CanvasRenderingContext2D, { x, y, size, color }: Disc): void {
  context.fillStyle = context.shadowColor = color;
  context.beginPath();
  context.arc(x, y, size, 0, 2 * Math.PI);
  context.fill();
}
