import { type KeyboardEvent, type ReactElement, useState } from "react";
import { glyphOf } from "./bytes.ts";

/** A run of bytes that belong together. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
  readonly label: string;
}

const shownBytes = 1024;

/** Bytes in rows of sixteen, as numbers and as text. The range that is chosen stands out. */
export function ByteGrid({
  bytes,
  label,
  chosen,
}: {
  readonly bytes: Uint8Array;
  readonly label: string;
  readonly chosen: ByteRange | undefined;
}): ReactElement {
  const shown = bytes.subarray(0, shownBytes);
  const rows = Array.from({ length: Math.ceil(shown.length / 16) }, (_, row) => row * 16);
  const isChosen = (index: number): boolean => chosen !== undefined && index >= chosen.from && index < chosen.to;
  return (
    <div
      className="bytes"
      role="img"
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls on a phone: the keyboard must get there too
      tabIndex={0}
      aria-label={`${label}: ${bytes.length} bytes${chosen ? `, ${chosen.label} marked` : ""}`}
    >
      {rows.map((start) => (
        <div className="bytes-row" key={start}>
          <span className="bytes-offset">{start.toString(16).padStart(4, "0")}</span>
          <span className="bytes-hex">
            {Array.from(shown.subarray(start, start + 16), (byte, index) => (
              <span key={index} className={isChosen(start + index) ? "is-chosen" : undefined}>
                {byte.toString(16).padStart(2, "0")}
              </span>
            ))}
          </span>
          <span className="bytes-text">
            {Array.from(shown.subarray(start, start + 16), (byte, index) => (
              <span key={index} className={isChosen(start + index) ? "is-chosen" : undefined}>
                {glyphOf(byte)}
              </span>
            ))}
          </span>
        </div>
      ))}
      {bytes.length > shownBytes && <p className="lab-note">and {bytes.length - shownBytes} more</p>}
    </div>
  );
}

/** A list of buttons of which one is chosen, by pointer or arrow keys; the choice begins with the first. */
export function useChoice(count: number): {
  readonly chosen: number;
  readonly choose: (index: number) => void;
  readonly onKeyDown: (event: KeyboardEvent) => void;
} {
  const [wanted, setWanted] = useState(0);
  const chosen = Math.min(wanted, Math.max(0, count - 1));
  return {
    chosen,
    choose: setWanted,
    onKeyDown: (event) => {
      const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
      if (by === 0) return;
      event.preventDefault();
      const next = Math.min(count - 1, Math.max(0, chosen + by));
      setWanted(next);
      const items = event.currentTarget.closest("ul")?.querySelectorAll<HTMLElement>("button") ?? [];
      items[next]?.focus();
    },
  };
}
