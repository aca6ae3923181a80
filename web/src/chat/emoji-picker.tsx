import { type KeyboardEvent, type ReactElement, useEffect, useLayoutEffect, useRef, useState } from "react";
import { findEmojis } from "./emoji.ts";
import { usePopover } from "./use-popover.ts";

interface EmojiPickerProps {
  /** What it opens beside. */
  readonly anchor: Element;
  readonly onPick: (emoji: string) => void;
  readonly onClose: () => void;
}

const columnCount = 8;
const marginPx = 8;

/** Emoji to choose from, found by words and by arrow keys. */
export function EmojiPicker({ anchor, onPick, onClose }: EmojiPickerProps): ReactElement {
  const [question, setQuestion] = useState("");
  const panel = useRef<HTMLDivElement>(null);
  const found = findEmojis(question);
  useEffect(() => panel.current?.querySelector("input")?.focus(), []);
  useLayoutEffect(() => {
    if (panel.current !== null) place(panel.current, anchor);
  }, [anchor]);
  usePopover(panel, onClose);

  function handleKey(event: KeyboardEvent<HTMLDivElement>): void {
    const buttons = [...event.currentTarget.querySelectorAll<HTMLElement>(".emoji-grid button")];
    const at = buttons.findIndex((button) => button === document.activeElement);
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: at === -1 ? 1 : columnCount, ArrowUp: -columnCount }[
      event.key
    ];
    if (event.key === "Enter" && at === -1) {
      event.preventDefault();
      if (found[0] !== undefined) onPick(found[0].emoji);
    }
    if (step === undefined || (at === -1 && event.key !== "ArrowDown")) return;
    event.preventDefault();
    const next = buttons[at + step];
    if (next !== undefined) next.focus();
    else if (step < 0) event.currentTarget.querySelector("input")?.focus();
  }

  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- the arrow keys of what is in it
    <div ref={panel} className="emoji-picker" role="dialog" aria-label="Emoji" onKeyDown={handleKey}>
      <input
        type="search"
        placeholder="Find an emoji"
        aria-label="Find an emoji"
        value={question}
        autoComplete="off"
        onChange={(event) => setQuestion(event.currentTarget.value)}
      />
      <div className="emoji-grid">
        {found.map(({ emoji, words }) => (
          <button
            key={emoji}
            type="button"
            tabIndex={-1}
            aria-label={words}
            title={words}
            onClick={() => onPick(emoji)}
          >
            {emoji}
          </button>
        ))}
      </div>
      {found.length === 0 && <p className="emoji-none">No emoji for “{question}”</p>}
    </div>
  );
}

/** Above what it belongs to where there is room, else below, and never past the window's edge. */
function place(panel: HTMLElement, anchor: Element): void {
  const { top, bottom, right } = anchor.getBoundingClientRect();
  const { width, height } = panel.getBoundingClientRect();
  const above = top - height - marginPx;
  const below = Math.min(bottom + marginPx, innerHeight - height - marginPx);
  panel.style.top = `${Math.max(marginPx, above >= marginPx ? above : below)}px`;
  panel.style.left = `${Math.max(marginPx, Math.min(right - width, innerWidth - width - marginPx))}px`;
}
