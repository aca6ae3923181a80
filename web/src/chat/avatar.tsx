import type { User } from "switchboard/wire";
import type { ReactElement } from "react";
import { nameOf } from "./typing.ts";

/** How many colours the style sheet has for people. */
const hueCount = 10;

/** The colour of a person: the same everywhere, for the same id. */
export function hueClass(userId: string): string {
  let hash = 0;
  for (let index = 0; index < userId.length; index++) hash = (Math.imul(hash, 31) + userId.charCodeAt(index)) >>> 0;
  return `hue-${hash % hueCount}`;
}

/** A person's first letter on their colour. Decoration: the name stands beside it. */
export function Avatar({ user }: { readonly user: User }): ReactElement {
  const initial = [...new Intl.Segmenter().segment(nameOf(user))][0]?.segment.toUpperCase() ?? "";
  return (
    <span className={`avatar ${hueClass(user.id)}`} aria-hidden="true">
      {initial}
    </span>
  );
}
