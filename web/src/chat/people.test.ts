import { expect, test } from "vitest";
import { callablePeople, maxPeopleCount, peopleOf } from "./people.ts";

const me = { id: "me", name: "Zed" };
const nobody: ReadonlySet<string> = new Set();

test("[WB15] a person stands once, whatever the number of their devices: oneself first, then by name", () => {
  const members = [
    { member: "1", user: { id: "b", name: "bob" } },
    { member: "2", user: { id: "a", name: "Ada" } },
    { member: "3", user: { id: "b", name: "bob" } },
    { member: "4", user: me },
  ];
  const { people } = peopleOf(members, { me, away: nobody });
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
  expect(peopleOf(members, { me: undefined, away: nobody }).people.map(({ user }) => user.id)).toEqual(["1", "2"]);
});

test("[WB15] past the limit people are counted, not drawn", () => {
  const members = Array.from({ length: maxPeopleCount + 1 }, (_, index) => ({
    member: `${index}`,
    user: { id: `${index}` },
  }));
  for (const few of [members.slice(1), members.slice(2)]) {
    expect(peopleOf(few, { me, away: nobody })).toMatchObject({ hiddenCount: 0 });
  }
  const { people, hiddenCount } = peopleOf(members, { me, away: nobody });
  expect([people.length, hiddenCount]).toEqual([maxPeopleCount, 1]);
});

test("[WB19] who looks at none of their devices is away, and stands behind those who do", () => {
  const members = [
    { member: "1", user: { id: "a", name: "Ada" } },
    { member: "2", user: { id: "a", name: "Ada" } },
    { member: "3", user: { id: "b", name: "Bob" } },
  ];
  const away = (...devices: readonly string[]): readonly (string | boolean | undefined)[] =>
    peopleOf(members, { me, away: new Set(devices) }).people.flatMap(({ user, isAway }) => [user.name, isAway]);
  for (const one of ["1", "2"]) expect(away(one)).toEqual(["Ada", false, "Bob", false]);
  expect(away("1", "2")).toEqual(["Bob", false, "Ada", true]);
  expect(peopleOf(members, { me: { id: "a" }, away: new Set(["1", "2"]) }).people[0]?.user.id).toBe("a");
});

test("[WB22] who is here or has said something can be called, by the name of now, and not oneself", () => {
  const members = [
    { member: "1", user: { id: "a", name: "Countess" } },
    { member: "2", user: me },
    { member: "3", user: { id: "n" } },
  ];
  const authors = [{ id: "a", name: "Ada" }, { id: "gone", name: "Grace" }, me];
  expect(callablePeople(members, authors, me).map(({ name }) => name)).toEqual(["Countess", "Grace"]);
});
