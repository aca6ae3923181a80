import { type ReactElement, type ReactNode, useEffect, useRef } from "react";

/** What stands beside a table, or over it where the page is narrow: one row, with what can be done about it. */
export function DetailPane({
  children,
  onClose,
  title,
}: {
  readonly title: string;
  readonly children: ReactNode;
  readonly onClose: () => void;
}): ReactElement {
  const pane = useRef<HTMLElement>(null);
  useEffect(() => {
    // Back to the table, when it is closed.
    const before = document.activeElement;
    pane.current?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  useEffect(() => {
    const onKeyDown = ({ key }: KeyboardEvent): void => {
      // A dialog over it has an Escape of its own.
      if (key === "Escape" && document.querySelector("dialog[open]") === null) onClose();
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [onClose]);
  return (
    <aside ref={pane} tabIndex={-1} className="detail" aria-label={title}>
      <div className="detail-head">
        <h2>{title}</h2>
        <button type="button" className="icon-button" aria-label="Close" onClick={onClose}>
          <span aria-hidden="true">✕</span>
        </button>
      </div>
      {children}
    </aside>
  );
}
