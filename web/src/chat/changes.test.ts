import fc from "fast-check";
import { expect, test } from "vitest";
import {
  addChange,
  type Change,
  type Changes,
  contentOf,
  maxChangedCount,
  maxEmojiCount,
  type MessageContent,
  type ToldChange,
} from "./changes.ts";

const ada = { id: "ada", name: "Ada" };
const bob = { id: "bob", name: "Bob" };
const target = { offset: 1, id: "m1" };
const said = { text: "hello", mentions: [] };
const none: Changes = new Map();

function told(change: Change, offset: number, user = ada): ToldChange {
  return { change, user, offset };
}

function edit(text: string, offset: number): ToldChange {
  return told({ type: "edit", target, text, mentions: [] }, offset);
}

function reaction(emoji: string, offset: number, user = ada, isOn = true): ToldChange {
  return told({ type: "reaction", target, emoji, isOn }, offset, user);
}

function read(changes: Changes, pending: readonly Change[] = [], me = bob): MessageContent {
  return contentOf(said, { amendment: changes.get("1/m1"), pending, me });
}

test("[WB20] a message reads as its last edit says, whichever is learned last", () => {
  const edits = [edit("one", 5), edit("two", 9), edit("three", 7)];
  expect(read(edits.reduce(addChange, none))).toMatchObject({ text: "two", isEdited: true });
  expect(read(none)).toMatchObject({ text: "hello", isEdited: false, reactions: [] });
});

test("[WB20] the order in which changes are learned does not matter, nor does learning one twice", () => {
  const someChange = fc.record({
    offset: fc.integer({ min: 2, max: 60 }),
    kind: fc.constantFrom("edit", "remove", "👍", "❤️"),
    user: fc.constantFrom(ada, bob),
    isOn: fc.boolean(),
  });
  const log = fc.uniqueArray(someChange, { selector: ({ offset }) => offset, maxLength: 12 });
  const order = log.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray([...all, ...all], { minLength: 0 })));
  fc.assert(
    fc.property(order, ([all, some]) => {
      const changeOf = ({ kind, offset, user, isOn }: (typeof all)[number]): ToldChange => {
        if (kind === "edit") return edit(`text ${offset}`, offset);
        if (kind === "remove") return told({ type: "remove", target }, offset);
        return reaction(kind, offset, user, isOn);
      };
      const inOrder = all.toSorted((one, other) => one.offset - other.offset).map(changeOf);
      const shuffled = [...some, ...all.toReversed()].map(changeOf);
      expect(read(shuffled.reduce(addChange, none))).toEqual(read(inOrder.reduce(addChange, none)));
    }),
  );
});

test("[WB20] reactions are counted by person, in the order in which their emoji came", () => {
  const changes = [
    reaction("👍", 2),
    reaction("❤️", 3, bob),
    reaction("👍", 4, bob),
    reaction("👍", 5), // Again: still one.
    reaction("🔥", 6),
    reaction("🔥", 7, ada, false),
  ].reduce(addChange, none);
  expect(read(changes).reactions).toEqual([
    { emoji: "👍", users: [bob, ada], isMine: true },
    { emoji: "❤️", users: [bob], isMine: true },
  ]);
  expect(read(changes, [], ada).reactions.map(({ isMine }) => isMine)).toEqual([true, false]);
});

test("[WB20] what is on its way shows as if it were stored", () => {
  const changes = addChange(none, reaction("👍", 2, bob));
  const pending: readonly Change[] = [
    { type: "reaction", target, emoji: "👍", isOn: false },
    { type: "edit", target, text: "mine", mentions: [] },
  ];
  expect(read(changes, pending)).toMatchObject({ text: "mine", reactions: [] });
  expect(read(none, [{ type: "remove", target }]).isRemoved).toBe(true);
});

test("[WB20] changes of another message under the same offset are another message's", () => {
  const other = { offset: 1, id: "m2" };
  const changes = addChange(none, told({ type: "remove", target: other }, 2));
  expect(read(changes).isRemoved).toBe(false);
});

test("[WB20] at most 20 emoji stand under a message, and the changes of 10,000 messages are kept", () => {
  const emojis = Array.from({ length: maxEmojiCount + 1 }, (_, index) => `${index}`);
  const changes = emojis.map((emoji, index) => reaction(emoji, index + 2)).reduce(addChange, none);
  expect(read(changes).reactions.map(({ emoji }) => emoji)).toEqual(emojis.slice(0, maxEmojiCount));
  const filled = new Map(
    Array.from({ length: maxChangedCount }, (_, index) => [`${index + 1}/m`, changes.get("1/m1")]),
  );
  const full = new Map([...filled].flatMap(([key, one]) => (one === undefined ? [] : [[key, one] as const])));
  const past = addChange(full, told({ type: "remove", target: { offset: maxChangedCount + 1, id: "m" } }, 9e6));
  expect([past.size, past.has("1/m"), past.has("2/m")]).toEqual([maxChangedCount, false, true]);
});
