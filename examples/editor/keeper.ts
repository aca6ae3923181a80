import type { Client } from "switchboard/client";
import * as Y from "yjs";
import { writeSnapshot } from "./bytes.ts";
import type { EditorGateway } from "./channels.ts";
import { readDocument } from "./log.ts";

const maxCountedDocuments = 10_000;

/** Sums documents up, so that who opens one reads a snapshot and what came since. It is a client like any other, wherever it runs. */
export class Keeper {
  readonly #open: () => Client<EditorGateway>;
  readonly #everyCount: number;
  /** Updates of a document since its last snapshot. One that is not here has as many as it takes: who knows how many there are. */
  readonly #counts = new Map<string, number>();
  #client: Client<EditorGateway> | undefined;

  constructor(open: () => Client<EditorGateway>, everyCount: number) {
    this.#open = open;
    this.#everyCount = everyCount;
  }

  count(name: string): void {
    if (this.#counts.size >= maxCountedDocuments) this.#counts.clear();
    const count = (this.#counts.get(name) ?? this.#everyCount) + 1;
    this.#counts.set(name, count > this.#everyCount ? 1 : count);
    if (count <= this.#everyCount) return;
    this.#sumUp(name).catch((error: unknown) => {
      console.error(`Cannot sum up the document "${name}":`, error);
      this.#counts.delete(name); // with the next update again
    });
  }

  async close(): Promise<void> {
    await this.#client?.close();
  }

  async #sumUp(name: string): Promise<void> {
    this.#client ??= this.#open();
    const room = this.#client.doc({ name });
    const document = new Y.Doc();
    const upTo = await readDocument(room, document);
    if (upTo > 0) await room.snapshot.send(writeSnapshot(upTo, Y.encodeStateAsUpdate(document)));
    room.leave();
  }
}
