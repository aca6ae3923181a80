import { type FormEvent, type ReactElement, useEffect, useRef, useState } from "react";
import type { ChatApp } from "./chat-app.ts";
import type { ChatSession } from "./chat-session.ts";
import { durabilityWords } from "./connection-words.ts";
import { NameField } from "./name-field.tsx";
import { parseName, type Profile } from "./profile.ts";
import { SettingsFields } from "./settings-fields.tsx";
import { useStore } from "../use-store.ts";

interface ProfileDialogProps {
  readonly app: ChatApp;
  readonly profile: Profile;
  readonly session: ChatSession;
  readonly onClose: () => void;
}

const keys: readonly { readonly names: readonly string[]; readonly does: string }[] = [
  { names: ["Enter"], does: "send" },
  { names: ["Shift", "Enter"], does: "new line" },
  { names: ["↑"], does: "edit your last message, in an empty field" },
  { names: ["Esc"], does: "jump to the newest message" },
  { names: ["Ctrl", "K"], does: "go to a room" },
  { names: ["Alt", "↑", "↓"], does: "other room" },
  { names: ["R", "E", "+", "Del"], does: "answer, edit, react to, delete the focused message" },
];

/** Another name, how the page is, or good-bye. */
export function ProfileDialog({ app, profile, session, onClose }: ProfileDialogProps): ReactElement {
  const [text, setText] = useState(profile.name);
  const [problem, setProblem] = useState<string>();
  const { durability } = useStore(session.connection);
  const { unsentCount } = session;
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
    dialog.current?.querySelector("input")?.select();
  }, []);

  function submit(event: FormEvent): void {
    event.preventDefault();
    const result = parseName(text);
    if ("problem" in result) return setProblem(result.problem);
    if (result.name !== profile.name) app.enter(result.name);
    onClose();
  }

  return (
    <dialog ref={dialog} className="dialog" aria-label="You" closedby="any" onClose={onClose}>
      <form className="dialog-body" onSubmit={submit} noValidate>
        <h2>You</h2>
        <NameField
          label="Your name"
          value={text}
          problem={problem}
          hint="What you said before keeps the name you had"
          onChange={(value) => {
            setText(value);
            setProblem(undefined);
          }}
        />
        {unsentCount > 0 && (
          <p className="field-problem">
            {unsentCount === 1 ? "1 message is" : `${unsentCount} messages are`} not sent yet and would be given up.
          </p>
        )}
        <div className="form-buttons">
          <button className="button primary" type="submit">
            Save
          </button>
          <button className="button quiet" type="button" onClick={onClose}>
            Cancel
          </button>
          <button className="button danger" type="button" onClick={() => app.leave()}>
            Leave the chat
          </button>
        </div>
        <SettingsFields app={app} />
        {durability !== undefined && <p className="field-hint">{durabilityWords(durability)}</p>}
        <h3>Keys</h3>
        <dl className="keys">
          {keys.map(({ names, does }) => (
            <div key={does}>
              <dt>
                {names.map((name) => (
                  <kbd key={name}>{name}</kbd>
                ))}
              </dt>
              <dd>{does}</dd>
            </div>
          ))}
        </dl>
      </form>
    </dialog>
  );
}
