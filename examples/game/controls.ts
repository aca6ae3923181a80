const held = new Set<string>();
const stickPixels = 50;
/** Where a finger, or the mouse, went down, and where it is. */
let stick: { readonly from: MouseEvent; readonly to: MouseEvent } | undefined;

export function watchControls(field: HTMLElement): void {
  addEventListener("keydown", ({ code }) => held.add(code));
  addEventListener("keyup", ({ code }) => held.delete(code));
  addEventListener("blur", () => held.clear());
  field.addEventListener("pointerdown", (from) => (stick = { from, to: from }));
  field.addEventListener("pointermove", (to) => (stick &&= { ...stick, to }));
  for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => (stick = undefined));
}

/** Where to, by keys or by the stick; 100 is all. */
export function readControls(): { readonly dx: number; readonly dy: number } {
  const pull = (from: number, to: number): number => Math.round((100 * (to - from)) / stickPixels);
  if (stick !== undefined) return { dx: pull(stick.from.x, stick.to.x), dy: pull(stick.from.y, stick.to.y) };
  const isHeld = (...codes: readonly string[]): number => (codes.some((code) => held.has(code)) ? 100 : 0);
  const dx = isHeld("ArrowRight", "KeyD") - isHeld("ArrowLeft", "KeyA");
  return { dx, dy: isHeld("ArrowDown", "KeyS") - isHeld("ArrowUp", "KeyW") };
}
