import { arenaSize, type Point, radius, sight, type View } from "./rules.ts";

/** What is to be seen, in the arena's own measure. */
type Scene = Pick<View, "gems"> & { readonly middle: Point; readonly ships: View["others"] };

/** As bright in every hue; neighbours in the list of seats are far apart in the circle of colours. */
export function colorOf(seat: number): string {
  return `oklch(80% 0.15 ${(seat * 137 + 190) % 360})`;
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
  context.font = "300px system-ui, sans-serif";
  context.textAlign = "center";
  for (const gem of gems) drawDisc(context, { ...gem, size: radius / 3, color: "#ffd166" });
  for (const ship of ships) {
    drawDisc(context, { ...ship, size: radius, color: colorOf(ship.seat) });
    drawDisc(context, { ...ship, size: radius / 2, color: "#ffffffb0" });
    context.fillText(`Player ${ship.seat + 1}`, ship.x, ship.y - 1.5 * radius);
  }
}

function drawFloor(context: CanvasRenderingContext2D): void {
  context.fillStyle = "#141a2c";
  context.fillRect(0, 0, arenaSize, arenaSize);
  context.fillStyle = "#25304f";
  for (let at = 0; at <= arenaSize; at += 2000) {
    context.fillRect(at - 15, 0, 30, arenaSize);
    context.fillRect(0, at - 15, arenaSize, 30);
  }
}

type Disc = Point & { readonly size: number; readonly color: string };

function drawDisc(context: CanvasRenderingContext2D, { x, y, size, color }: Disc): void {
  context.fillStyle = context.shadowColor = color;
  context.beginPath();
  context.arc(x, y, size, 0, 2 * Math.PI);
  context.fill();
}
