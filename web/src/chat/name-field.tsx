import { type ReactElement, useId } from "react";

interface NameFieldProps {
  readonly label: string;
  readonly value: string;
  readonly problem: string | undefined;
  readonly placeholder?: string;
  readonly hint?: string;
  readonly onChange: (value: string) => void;
  readonly onEscape?: () => void;
}

/** A labelled line of text, with what is wrong with it. */
export function NameField({
  label,
  value,
  problem,
  placeholder,
  hint,
  onChange,
  onEscape,
}: NameFieldProps): ReactElement {
  const id = useId();
  const noteId = `${id}-note`;
  const note = problem ?? hint;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type="text"
        dir="auto"
        autoComplete="off"
        spellCheck={false}
        enterKeyHint="go"
        value={value}
        placeholder={placeholder}
        aria-invalid={problem !== undefined}
        aria-describedby={note === undefined ? undefined : noteId}
        onChange={(event) => onChange(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape" || onEscape === undefined) return;
          event.preventDefault(); // This one is meant for the field, not for what it stands in.
          onEscape();
        }}
      />
      {note !== undefined && (
        <p
          id={noteId}
          className={problem === undefined ? "field-hint" : "field-problem"}
          role={problem === undefined ? undefined : "alert"}
        >
          {note}
        </p>
      )}
    </div>
  );
}
