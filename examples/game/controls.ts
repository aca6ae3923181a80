const held = new Set<string>();
/** Where a finger, or the mouse, is down. */
let pointer: MouseEvent | undefined;

export function watchControls(field: HTMLElement): void {
  addEventListener("keydown", ({ code }) => held.add(code));
  addEventListener("keyup", ({ code }) => held.delete(code));
  addEventListener("blur", () => held.clear());
  field.addEventListener("pointerdown", (event) => (pointer = event));
  field.addEventListener("pointermove", (event) => (pointer &&= event));
  for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => (pointer = undefined));
}

/** Where to, by keys, or to the finger from the ship, which is in the middle; 100 is all. */
export function readControls(): { readonly dx: number; readonly dy: number } {
  if (pointer !== undefined) {
    return { dx: Math.round(pointer.x - innerWidth / 2), dy: Math.round(pointer.y - innerHeight / 2) };
  }
  const isHeld = (...codes: readonly string[]): number => (codes.some((code) => held.has(code)) ? 100 : 0);
  const dx = isHeld("ArrowRight", "KeyD") - isHeld("ArrowLeft", "KeyA");
  return { dx, dy: isHeld("ArrowDown", "KeyS") - isHeld("ArrowUp", "KeyW") };
}
