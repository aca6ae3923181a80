import { type FormEvent, type ReactElement, useEffect, useRef, useState } from "react";
import type { ChatSession } from "./chat-session.ts";
import { NameField } from "./name-field.tsx";
import { maxServerCount } from "./room-memory.ts";
import { firstRooms, fullName, homeServer, parseRoomName } from "./room-name.ts";
import { goToRoom } from "./use-browser.ts";

interface ServerDialogProps {
  readonly session: ChatSession;
  readonly onClose: () => void;
}

/** Another server: it begins with whoever names it first. */
export function ServerDialog({ session, onClose }: ServerDialogProps): ReactElement {
  const [text, setText] = useState("");
  const [problem, setProblem] = useState<string>();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
    dialog.current?.querySelector("input")?.focus();
  }, []);

  function submit(event: FormEvent): void {
    event.preventDefault();
    const result = parseRoomName(text);
    if ("problem" in result) return setProblem(result.problem);
    if (result.room === homeServer) return setProblem("You are on that one");
    const [first = "general"] = firstRooms(result.room);
    const name = fullName(result.room, first);
    if (session.open(name) === undefined) {
      return setProblem(`You are on ${maxServerCount} servers, or have too many rooms. Leave one first`);
    }
    goToRoom(name);
    dialog.current?.close();
  }

  return (
    <dialog ref={dialog} className="dialog" aria-label="Create or join a server" closedby="any" onClose={onClose}>
      <form className="dialog-body" onSubmit={submit} noValidate>
        <h2>Create or join a server</h2>
        <p className="field-hint">
          A server has rooms and people of its own. Whoever opens one of its links, or types its name, is on it.
        </p>
        <NameField
          label="Name of the server"
          value={text}
          problem={problem}
          placeholder="night-shift"
          onChange={(value) => {
            setText(value);
            setProblem(undefined);
          }}
        />
        <div className="form-buttons">
          <button className="button primary" type="submit">
            Go there
          </button>
          <button className="button quiet" type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
        </div>
      </form>
    </dialog>
  );
}
