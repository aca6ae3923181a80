/** What tests of gateways on one real store are written with. */
import { afterAll, afterEach, beforeAll } from "vitest";

/** What a busy machine may take on top of a time that is promised. */
export const slackMs = 2_000;

/** A server for all tests of a file. Without its program there is none, and then each test says what is missing. */
export function shareServer<Server extends { dispose(): Promise<void> }>(
  start: () => Promise<Server>,
): () => Server | undefined {
  let server: Server | undefined;
  beforeAll(async () => {
    server = await start().catch(() => undefined);
  });
  afterAll(() => server?.dispose());
  return () => server;
}

/** Takes what is to be closed when the test is over, the last first. */
export function closeAfterEach(): (close: () => unknown) => void {
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).toReversed()) await close();
  });
  return (close) => void closing.push(close);
}

/** How long it took. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}
