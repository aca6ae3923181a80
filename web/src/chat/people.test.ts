import { expect, test } from "vitest";
import { maxPeopleCount, peopleOf } from "./people.ts";

const me = { id: "me", name: "Zed" };

test("[WB15] a person stands once, whatever the number of their devices: oneself first, then by name", () => {
  const members = [
    { member: "1", user: { id: "b", name: "bob" } },
    { member: "2", user: { id: "a", name: "Ada" } },
    { member: "3", user: { id: "b", name: "bob" } },
    { member: "4", user: me },
  ];
  const { people } = peopleOf(members, me);
  expect(people.map(({ user, deviceCount }) => [user.name, deviceCount])).toEqual([
    ["Zed", 1],
    ["Ada", 1],
    ["bob", 2],
  ]);
});

test("[WB15] people of one name stay apart", () => {
  const members = [
    { member: "1", user: { id: "2", name: "Ada" } },
    { member: "2", user: { id: "1", name: "Ada" } },
  ];
  expect(peopleOf(members, undefined).people.map(({ user }) => user.id)).toEqual(["1", "2"]);
});

test("[WB15] past the limit people are counted, not drawn", () => {
  const members = Array.from({ length: maxPeopleCount + 1 }, (_, index) => ({
    member: `${index}`,
    user: { id: `${index}` },
  }));
  expect(peopleOf(members.slice(1), me)).toMatchObject({ hiddenCount: 0 });
  const { people, hiddenCount } = peopleOf(members, me);
  expect([people.length, hiddenCount]).toEqual([maxPeopleCount, 1]);
});
