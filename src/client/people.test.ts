import { expect, test } from "vitest";
import { peopleOf } from "./people.ts";

test("[CC39] people are one entry a user, in the order they came, under their newest name", () => {
  const members = [
    { member: "d1", user: { id: "ada", name: "Ada" } },
    { member: "d2", user: { id: "bob" } },
    { member: "d3", user: { id: "ada", name: "Countess" } },
  ];
  expect(peopleOf(members)).toEqual([
    { user: { id: "ada", name: "Countess" }, members: ["d1", "d3"] },
    { user: { id: "bob" }, members: ["d2"] },
  ]);
  expect(peopleOf([])).toEqual([]);
});
