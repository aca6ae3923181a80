import { expect, test } from "vitest";
import { Awareness, encodeAwarenessUpdate } from "y-protocols/awareness";
import * as Y from "yjs";
import { readCursor, writeCursor, writeSnapshot } from "./bytes.ts";
import type { DocumentRoom } from "./log.ts";
import { type Saving, shareCursors, shareDocument } from "./shared-document.ts";

const ada = { id: "ada", name: "Ada" };

/** A room whose line is the test: what is sent waits until it is answered. */
class FakeRoom {
  readonly sent: {
    readonly data: Uint8Array;
    readonly resolve: () => void;
    readonly reject: (error: Error) => void;
  }[] = [];
  readonly values = new Map<string, { readonly data: Uint8Array; readonly user: typeof ada }>();
  readonly told: Record<string, (what: unknown) => void> = {};
  log: readonly { readonly event: string; readonly offset: number; readonly data: Uint8Array }[] = [];
  members: readonly { readonly user: typeof ada }[] = [];
  readonly cursors: Uint8Array[] = [];

  /** As much of a room as is used. */
  get room(): DocumentRoom {
    const listen = (name: string) => (listener: (what: unknown) => void) => void (this.told[name] = listener);
    return {
      update: { on: listen("update"), send: (data: Uint8Array) => this.#send(data) },
      cursor: { on: listen("cursor"), values: this.values, send: async (data: Uint8Array) => this.cursors.push(data) },
      presence: { on: listen("presence"), members: this.members },
      onGap: listen("gap"),
      onStatus: listen("status"),
      history: async () => ({ messages: this.log, more: false }),
    } as unknown as DocumentRoom;
  }

  #send(data: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => this.sent.push({ data, resolve, reject }));
  }
}

function stateOf(text: string): Uint8Array {
  const document = new Y.Doc();
  document.getText("text").insert(0, text);
  return Y.encodeStateAsUpdate(document);
}

test("[EX9] one update is under way at a time, and what is written meanwhile is one more", async () => {
  const [fake, document, told] = [new FakeRoom(), new Y.Doc(), [] as Saving[]];
  await shareDocument({ room: fake.room, document }, (saving) => told.push(saving));
  const text = document.getText("text");
  for (const letter of ["a", "b", "c"]) text.insert(text.length, letter);
  expect(fake.sent.length).toBe(1);
  fake.sent[0]?.resolve();
  await expect.poll(() => fake.sent.length).toBe(2);
  const theirs = new Y.Doc();
  for (const { data } of fake.sent) Y.applyUpdate(theirs, data);
  expect(theirs.getText("text").toJSON()).toBe("abc");
  fake.sent[1]?.resolve();
  await expect.poll(() => told).toEqual([{ state: "saving" }, { state: "saved" }]);
  fake.told["update"]?.({ data: stateOf("theirs") });
  expect(fake.sent.length).toBe(2);
  expect(text.toJSON()).toContain("theirs");
});

test("[EX9] what cannot be stored is told", async () => {
  const [fake, document, told] = [new FakeRoom(), new Y.Doc(), [] as Saving[]];
  await shareDocument({ room: fake.room, document }, (saving) => told.push(saving));
  document.getText("text").insert(0, "a");
  fake.sent[0]?.reject(new Error("It is too big"));
  await expect.poll(() => told.at(-1)).toEqual({ state: "failed", reason: "It is too big" });
});

test("[EX9] what was refused is kept, and goes with what is written next", async () => {
  const [fake, document, told] = [new FakeRoom(), new Y.Doc(), [] as Saving[]];
  await shareDocument({ room: fake.room, document }, (saving) => told.push(saving));
  const text = document.getText("text");
  text.insert(0, "a");
  fake.sent[0]?.reject(new Error("Not now"));
  await expect.poll(() => told.at(-1)).toEqual({ state: "failed", reason: "Not now" });
  text.insert(1, "b");
  const theirs = new Y.Doc();
  Y.applyUpdate(theirs, fake.sent[1]?.data ?? new Uint8Array());
  expect(theirs.getText("text").toJSON()).toBe("ab");
  fake.sent[1]?.resolve();
  await expect.poll(() => told.at(-1)).toEqual({ state: "saved" });
});

test("[EX9] who was away for longer than the log reaches reads the newest snapshot", async () => {
  const [fake, document] = [new FakeRoom(), new Y.Doc()];
  await shareDocument({ room: fake.room, document }, () => {});
  fake.log = [{ event: "snapshot", offset: 9000, data: writeSnapshot(8999, stateOf("all of it")) }];
  fake.told["gap"]?.({});
  await expect.poll(() => document.getText("text").toJSON()).toBe("all of it");
});

test("[EX8] a cursor is shown while its owner is there, and the own one is said again when the line is back", () => {
  const [fake, theirs] = [new FakeRoom(), new Awareness(new Y.Doc())];
  const awareness = new Awareness(new Y.Doc());
  theirs.setLocalState({ user: { name: "Ada" } });
  const data = writeCursor(theirs.clientID, encodeAwarenessUpdate(theirs, [theirs.clientID]));
  fake.values.set(String(theirs.clientID), { data, user: ada });
  const { room } = fake;
  shareCursors(room, awareness);
  fake.told["cursor"]?.({});
  expect(awareness.getStates().has(theirs.clientID)).toBe(false);
  Object.assign(room.presence, { members: [{ user: ada }] });
  fake.told["presence"]?.({});
  expect(awareness.getStates().get(theirs.clientID)).toEqual({ user: { name: "Ada" } });
  Object.assign(room.presence, { members: [] });
  fake.told["presence"]?.({});
  expect(awareness.getStates().has(theirs.clientID)).toBe(false);
  fake.told["status"]?.({ status: "live" });
  expect(fake.cursors.map((bytes) => readCursor(bytes).clientId)).toEqual([awareness.clientID]);
  for (const each of [awareness, theirs]) each.destroy();
});
