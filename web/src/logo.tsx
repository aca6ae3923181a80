import type { ReactElement } from "react";

/** Four jacks of an exchange, two of them put through. */
export function Logo(): ReactElement {
  return (
    <svg className="logo" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect className="logo-board" width="32" height="32" rx="8" />
      <path className="logo-cord" d="M9 11v3c0 6 14 2 14 8" />
      <circle className="logo-plug" cx="9" cy="9.500" r="3.500" />
      <circle className="logo-plug" cx="23" cy="22.500" r="3.500" />
      <circle className="logo-jack" cx="23" cy="9.500" r="2.500" />
      <circle className="logo-jack" cx="9" cy="22.500" r="2.500" />
    </svg>
  );
}
