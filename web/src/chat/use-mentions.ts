import type { User } from "switchboard/wire";
import { type KeyboardEvent, type RefObject, type TextareaHTMLAttributes, useState } from "react";
import { flushSync } from "react-dom";
import { completeMention, matchPeople, mentionAt, type MentionQuery } from "./mentions.ts";
import type { MentionListProps } from "./mention-list.tsx";

interface MentionsOptions {
  readonly field: RefObject<HTMLTextAreaElement | null>;
  readonly text: string;
  readonly people: readonly User[];
  readonly onWrite: (text: string) => void;
}

export interface Mentions {
  /** The text or the caret has changed. */
  readonly look: (field: HTMLTextAreaElement) => void;
  /** @returns whether the key was meant for the list. */
  readonly handleKey: (event: KeyboardEvent) => boolean;
  readonly close: () => void;
  readonly list: MentionListProps;
  readonly fieldProps: TextareaHTMLAttributes<HTMLTextAreaElement>;
}

const listId = "mention-list";

/** Offers names while one is typed behind an `@`: arrows choose, Enter or Tab takes, Escape closes. */
export function useMentions({ field, text, people, onWrite }: MentionsOptions): Mentions {
  const [query, setQuery] = useState<MentionQuery>();
  const [chosen, setChosen] = useState(0);
  const offers = query === undefined ? [] : matchPeople(people, query.text);
  const isOpen = offers.length > 0;
  const active = Math.min(chosen, offers.length - 1);
  const close = (): void => setQuery(undefined);

  function take(user: User | undefined): void {
    if (user === undefined || query === undefined) return;
    const done = completeMention(text, query, user);
    flushSync(() => onWrite(done.text)); // The caret can be set when the text is there.
    field.current?.focus();
    field.current?.setSelectionRange(done.caret, done.caret);
    close();
  }

  function handleKey(event: KeyboardEvent): boolean {
    if (!isOpen) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) setChosen((active + step + offers.length) % offers.length);
    else if (event.key === "Enter" || event.key === "Tab") take(offers[active]);
    else if (event.key === "Escape") close();
    else return false;
    event.preventDefault();
    return true;
  }

  return {
    look: (element) => {
      const next = element.selectionStart === element.selectionEnd ? element.selectionStart : -1;
      const found = next === -1 ? undefined : mentionAt(element.value, next);
      if (found?.start !== query?.start) setChosen(0);
      setQuery(found);
    },
    handleKey,
    close,
    list: { id: listId, offers, active, onTake: take },
    fieldProps: {
      "aria-autocomplete": "list",
      "aria-haspopup": "listbox",
      ...(isOpen && { "aria-controls": listId, "aria-activedescendant": `${listId}-${active}` }),
    },
  };
}
