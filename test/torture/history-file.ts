import { createWriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import { type HistoryEvent, writeHistory } from "../history/event.ts";

/** A file that a history is written to as it happens, so that it is there whatever becomes of the run. */
export interface HistoryFile {
  readonly watch: (event: HistoryEvent) => void;
  close(): Promise<void>;
}

export function openHistoryFile(file: string): HistoryFile {
  const stream = createWriteStream(file);
  return {
    watch: (event) => stream.write(writeHistory([event])),
    async close() {
      stream.end();
      await finished(stream);
    },
  };
}
