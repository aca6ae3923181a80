import { type FormEvent, type ReactElement, useEffect, useRef, useState } from "react";
import { Logo } from "../logo.tsx";
import { NameField } from "./name-field.tsx";
import { parseName } from "./profile.ts";

/** The first page: a person picks a name and is in. */
export function Welcome({ onEnter }: { readonly onEnter: (name: string) => void }): ReactElement {
  const [text, setText] = useState("");
  const [problem, setProblem] = useState<string>();
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    document.title = "Switchboard";
    form.current?.querySelector("input")?.focus();
  }, []);

  function submit(event: FormEvent): void {
    event.preventDefault();
    const result = parseName(text);
    if ("name" in result) return onEnter(result.name);
    setProblem(result.problem);
    form.current?.querySelector("input")?.focus();
  }

  return (
    <main className="welcome">
      <form ref={form} className="welcome-card" onSubmit={submit} noValidate>
        <Logo />
        <h1>Switchboard</h1>
        <p className="welcome-lead">Pick a name and you are put through. Nothing said on the line is lost.</p>
        <NameField
          label="Your name"
          value={text}
          problem={problem}
          placeholder="Ada"
          onChange={(value) => {
            setText(value);
            setProblem(undefined);
          }}
        />
        <button className="button primary" type="submit">
          Join the chat
        </button>
        <p className="welcome-note">No account, no password: this browser remembers who you are.</p>
      </form>
    </main>
  );
}
