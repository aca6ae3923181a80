import { type ReactElement, type ReactNode, useEffect, useRef } from "react";
import { CloseIcon } from "./icons.tsx";

interface DrawerProps {
  readonly id: string;
  readonly label: string;
  readonly side: "left" | "right";
  /** Where the window is narrow the column slides over the room; elsewhere it stands beside it. */
  readonly isDrawer: boolean;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

export function Drawer({ id, label, side, isDrawer, isOpen, onClose, children }: DrawerProps): ReactElement {
  const panel = useRef<HTMLElement>(null);
  const isShut = isDrawer && !isOpen;
  useEffect(() => {
    if (!isDrawer || !isOpen) return;
    const opener = document.activeElement;
    panel.current?.focus();
    return () => {
      if (opener instanceof HTMLElement && panel.current?.contains(document.activeElement) === true) opener.focus();
    };
  }, [isDrawer, isOpen]);

  return (
    <>
      {isDrawer && isOpen && <div className="backdrop" onClick={onClose} />}
      <aside
        id={id}
        ref={panel}
        className={`column ${side}${isDrawer ? " drawer" : ""}${isOpen ? " open" : ""}`}
        aria-label={label}
        tabIndex={-1}
        inert={isShut}
        onKeyDown={(event) => {
          if (isDrawer && event.key === "Escape") onClose();
        }}
      >
        {isDrawer && (
          <button className="icon-button drawer-close" type="button" aria-label={`Close ${label.toLowerCase()}`} onClick={onClose}>
            <CloseIcon />
          </button>
        )}
        {children}
      </aside>
    </>
  );
}
