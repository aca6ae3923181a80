import { type ReactElement, type ReactNode, useEffect, useRef } from "react";

/** Asks before something is done that cannot be taken back. Escape is no. */
export function ConfirmDialog({
  children,
  confirm,
  onClose,
  onConfirm,
  title,
}: {
  readonly title: string;
  readonly children: ReactNode;
  /** What the button says: the deed, not "OK". */
  readonly confirm: string;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}): ReactElement {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} className="dialog" aria-labelledby="confirm-title" onClose={onClose}>
      <form
        method="dialog"
        className="dialog-body"
        onSubmit={(event) => {
          event.preventDefault();
          onConfirm();
          dialog.current?.close();
        }}
      >
        <h2 id="confirm-title">{title}</h2>
        {children}
        <div className="form-buttons dialog-buttons">
          <button type="button" className="button quiet" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button type="submit" className="button primary deed">
            {confirm}
          </button>
        </div>
      </form>
    </dialog>
  );
}
