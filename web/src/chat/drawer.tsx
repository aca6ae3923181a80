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
    const element = panel.current;
    if (!isDrawer || !isOpen || element === null) return;
    const opener = document.activeElement;
    element.focus();
    return () => {
      const { activeElement } = document;
      const isLost = activeElement === document.body || activeElement === null || element.contains(activeElement);
      if (opener instanceof HTMLElement && opener.isConnected && isLost) opener.focus();
    };
  }, [isDrawer, isOpen]);
  useEscape(isDrawer && isOpen, onClose);

  return (
    <>
      {isDrawer && isOpen && (
        <button className="backdrop" type="button" tabIndex={-1} aria-label="Close" onClick={onClose} />
      )}
      <aside
        id={id}
        ref={panel}
        className={`column ${side}${isDrawer ? " drawer" : ""}${isOpen ? " open" : ""}`}
        aria-label={label}
        {...(isDrawer && { role: "dialog", "aria-modal": true })}
        tabIndex={-1}
        inert={isShut}
      >
        {isDrawer && (
          <button
            className="icon-button drawer-close"
            type="button"
            aria-label={`Close ${label.toLowerCase()}`}
            onClick={onClose}
          >
            <CloseIcon />
          </button>
        )}
        {children}
      </aside>
    </>
  );
}

function useEscape(isListening: boolean, onEscape: () => void): void {
  useEffect(() => {
    if (!isListening) return;
    const listen = (event: KeyboardEvent): void => {
      if (event.key === "Escape" && !event.defaultPrevented) onEscape();
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, [isListening, onEscape]);
}
