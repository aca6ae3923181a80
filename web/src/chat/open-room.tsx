import { type FormEvent, type ReactElement, useState } from "react";
import type { ChatSession } from "./chat-session.ts";
import { PlusIcon } from "./icons.tsx";
import { NameField } from "./name-field.tsx";
import { fullName, parseRoomName } from "./room-name.ts";
import { maxRoomCount } from "./room-memory.ts";
import { goToRoom } from "./use-browser.ts";

interface OpenRoomProps {
  readonly session: ChatSession;
  readonly server: string;
}

/** Opens a room for everybody on the server: a button that becomes a field. */
export function OpenRoom({ session, server }: OpenRoomProps): ReactElement {
  const [text, setText] = useState<string>();
  const [problem, setProblem] = useState<string>();

  function submit(event: FormEvent): void {
    event.preventDefault();
    const result = parseRoomName(text ?? "");
    if ("problem" in result) return setProblem(result.problem);
    const name = fullName(server, result.room);
    if (session.openForAll(name) === undefined) {
      return setProblem(`You have ${maxRoomCount} rooms open. Leave one first`);
    }
    goToRoom(name);
    setText(undefined);
  }

  if (text === undefined) {
    return (
      <button className="open-room" type="button" onClick={() => setText("")}>
        <PlusIcon /> Open a room
      </button>
    );
  }
  return (
    <form
      className="open-room-form"
      noValidate
      onSubmit={submit}
      ref={(form) => {
        if (form?.contains(document.activeElement) === false) form.querySelector("input")?.focus();
      }}
    >
      <NameField
        label="Room"
        value={text}
        problem={problem}
        placeholder="late-night"
        hint="Everybody on this server gets it"
        onChange={(value) => {
          setText(value);
          setProblem(undefined);
        }}
        onEscape={() => setText(undefined)}
      />
      <div className="form-buttons">
        <button className="button primary small" type="submit">
          Open
        </button>
        <button className="button quiet small" type="button" onClick={() => setText(undefined)}>
          Cancel
        </button>
      </div>
    </form>
  );
}
