/** The names of the states a socket goes through, by their number. */
export const stateNames = ["CONNECTING", "OPEN", "CLOSING", "CLOSED"] as const;

/** A socket's state as a number, as on a browser's socket. */
export type ReadyState = 0 | 1 | 2 | 3;

/** Has the constants and what can be read of a socket where and as `ws` has them: on the class and its prototype, enumerable. */
export function shapeClass(Class: { readonly prototype: object }): void {
  for (const [value, name] of stateNames.entries()) {
    Object.defineProperty(Class, name, { enumerable: true, value });
    Object.defineProperty(Class.prototype, name, { enumerable: true, value });
  }
  for (const name of ["binaryType", "bufferedAmount", "extensions", "isPaused", "protocol", "readyState", "url"]) {
    Object.defineProperty(Class.prototype, name, { enumerable: true });
  }
}
