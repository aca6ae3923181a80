import { type FormEvent, type KeyboardEvent, type ReactElement, useEffect, useRef, useState } from "react";
import { findRooms } from "./quick-switch.ts";
import { splitName } from "./room-name.ts";
import type { RoomStore } from "./room-store.ts";
import { serverTitle } from "./server-rail.tsx";
import { goToRoom } from "./use-browser.ts";

interface QuickSwitcherProps {
  readonly rooms: readonly RoomStore[];
  readonly onClose: () => void;
}

/** Goes to a room by a few letters. */
export function QuickSwitcher({ rooms, onClose }: QuickSwitcherProps): ReactElement {
  const [question, setQuestion] = useState("");
  const [chosen, setChosen] = useState(0);
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
    dialog.current?.querySelector("input")?.focus();
  }, []);
  const found = findRooms(
    rooms.map(({ name, view }) => ({ name, ...view.get() })),
    question,
  );
  const active = Math.min(chosen, found.length - 1);

  function go(name: string | undefined): void {
    if (name !== undefined) goToRoom(name);
    dialog.current?.close();
  }

  function submit(event: FormEvent): void {
    event.preventDefault();
    go(found[active]?.name);
  }

  function handleKey(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined || found.length === 0) return;
    event.preventDefault();
    setChosen((active + step + found.length) % found.length);
  }

  return (
    <dialog ref={dialog} className="dialog switcher" aria-label="Go to a room" closedby="any" onClose={onClose}>
      <form onSubmit={submit}>
        <input
          type="text"
          role="combobox"
          aria-label="Room"
          aria-autocomplete="list"
          aria-expanded={found.length > 0}
          aria-controls="switcher-list"
          aria-activedescendant={found.length === 0 ? undefined : `switch-${active}`}
          placeholder="Where to?"
          autoComplete="off"
          spellCheck={false}
          value={question}
          onKeyDown={handleKey}
          onChange={(event) => {
            setQuestion(event.currentTarget.value);
            setChosen(0);
          }}
        />
        <div id="switcher-list" role="listbox" aria-label="Rooms">
          {found.map(({ name, unreadCount, mentionCount }, index) => (
            // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- its keys are the text field's
            <div
              key={name}
              id={`switch-${index}`}
              role="option"
              tabIndex={-1}
              aria-selected={index === active}
              onClick={() => go(name)}
              ref={(item) => {
                if (index === active) item?.scrollIntoView({ block: "nearest" });
              }}
            >
              <span className="switch-room">{splitName(name).room}</span>
              {mentionCount > 0 && <span className="mention-count">@{mentionCount}</span>}
              {unreadCount > 0 && <span className="unread-count">{unreadCount}</span>}
              <span className="switch-server">{serverTitle(splitName(name).server)}</span>
            </div>
          ))}
        </div>
        {found.length === 0 && <p className="switch-none">No room of yours is named so.</p>}
      </form>
    </dialog>
  );
}
