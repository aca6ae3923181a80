import { type FormEvent, type ReactElement, useState } from "react";
import { Logo } from "../logo.tsx";

/** Asks for the key: whoever has the address that the gateway printed never sees it. */
export function KeyForm({
  onKey,
  reason,
}: {
  readonly reason: string;
  readonly onKey: (key: string) => void;
}): ReactElement {
  const [key, setKey] = useState("");
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (key.trim() !== "") onKey(key.trim());
  };
  return (
    <main className="key-page">
      <form onSubmit={submit} className="key-form">
        <Logo />
        <h1>The console</h1>
        <p>
          It shows who is connected and what they say, so it needs a key with the scope <code>read</code>, and{" "}
          <code>admin</code> to act. On the gateway’s own machine the address that it prints at its start has one.
        </p>
        <div className="field">
          <label htmlFor="key">Key</label>
          <input
            id="key"
            type="password"
            autoComplete="current-password"
            value={key}
            aria-invalid={reason !== ""}
            aria-describedby={reason === "" ? undefined : "key-problem"}
            onChange={(event) => setKey(event.target.value)}
          />
          {reason !== "" && (
            <p className="field-problem" id="key-problem" role="alert">
              {reason}.
            </p>
          )}
        </div>
        <div className="form-buttons">
          <button type="submit" className="button primary" disabled={key.trim() === ""}>
            Open the console
          </button>
        </div>
        <p className="field-hint">It is kept for this tab alone, and never leaves it but to this gateway.</p>
      </form>
    </main>
  );
}
