/** When the last of those who connect to a place will have ended. Never rejects. */
const ends = new Map<string, Promise<void>>();

/**
 * Makes an attempt when those before it, at the same place, have ended. One that is given up while it waits fails at once.
 *
 * RFC 6455 §4.1: "There MUST be no more than one connection in a CONNECTING state." Deviation: a place is a host's name and a port, as
 * behind a proxy; a second name of the same address is another place.
 */
export function takeTurn<Result>(place: string, signal: AbortSignal, attempt: () => Promise<Result>): Promise<Result> {
  const before = ends.get(place);
  const mine = before === undefined ? attempt() : whenEnded(before, signal).then(attempt);
  const end: Promise<void> = Promise.allSettled([before, mine]).then(() => {
    if (ends.get(place) === end) ends.delete(place);
  });
  ends.set(place, end);
  return mine;
}

function whenEnded(before: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
    void before.then(resolve);
  });
}
