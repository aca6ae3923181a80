import { type FocusEvent, type KeyboardEvent, type PointerEvent, type RefObject, useState } from "react";
import { type MessageActions, useMessageActions } from "./message-actions.ts";
import { focusRow, messageOfElement, type RowCommand, rowCommand } from "./row-keys.ts";
import type { StoredMessage, Timeline } from "./timeline.ts";

interface ActiveRowOptions {
  readonly scroller: RefObject<HTMLElement | null>;
  readonly timeline: Timeline;
  /** The person goes back to where they write. */
  readonly onLeave: () => void;
}

export interface ActiveRow {
  /** The row that is pointed at, tapped or focused. */
  readonly activeKey: string | undefined;
  readonly onKeyDown: (event: KeyboardEvent) => void;
  readonly onPointerOver: (event: PointerEvent) => void;
  readonly onPointerUp: (event: PointerEvent) => void;
  readonly onPointerLeave: (event: PointerEvent) => void;
  readonly onFocus: (event: FocusEvent) => void;
}

/** Which row is meant, by pointer, finger or keys, and what its keys do. */
export function useActiveRow({ scroller, timeline, onLeave }: ActiveRowOptions): ActiveRow {
  const [activeKey, setActiveKey] = useState<string>();
  const actions = useMessageActions();

  function handleKey(event: KeyboardEvent): void {
    const command = rowCommand(event.nativeEvent);
    const { activeElement } = document;
    const isRow = activeElement instanceof HTMLLIElement;
    if (command === undefined || !(isRow || activeElement === scroller.current)) return;
    event.preventDefault();
    if (command === "leave") return onLeave();
    if (command === "up" || command === "down" || command === "first" || command === "last") {
      return setActiveKey(focusRow(scroller.current, command));
    }
    const message = messageOfElement(activeElement, timeline);
    if (isRow && message !== undefined) act({ command, message, row: activeElement, actions });
  }

  return {
    activeKey,
    onKeyDown: handleKey,
    onPointerOver: (event) => {
      if (event.pointerType === "mouse") setActiveKey(messageOfElement(event.target, timeline)?.key);
    },
    // A finger points at nothing on its way: it taps.
    onPointerUp: (event) => {
      if (event.pointerType !== "mouse") setActiveKey(messageOfElement(event.target, timeline)?.key);
    },
    onPointerLeave: (event) => {
      if (event.pointerType === "mouse") setActiveKey(undefined);
    },
    onFocus: (event) => {
      const found = messageOfElement(event.target, timeline);
      if (found !== undefined) setActiveKey(found.key);
    },
  };
}

interface Act {
  readonly command: Extract<RowCommand, "reply" | "react" | "edit" | "remove">;
  readonly message: StoredMessage;
  readonly row: Element;
  readonly actions: MessageActions;
}

function act({ command, message, row, actions }: Act): void {
  if (command === "reply") actions.startReply(message);
  if (command === "react") actions.startReact(message, row);
  if (command === "edit" && message.isMine) actions.startEdit(message);
  if (command === "remove" && message.isMine) actions.startRemove(message);
}
