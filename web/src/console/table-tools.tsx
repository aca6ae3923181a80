import { type ReactElement, useId } from "react";
import { formatCount } from "./format.ts";

/** What stands above a table: the filter, the switch, and how many rows there are. */
export function TableTools({
  busyLabel,
  filter,
  isOnlyBusy,
  matchedCount,
  onChange,
  placeholder,
  totalCount,
}: {
  readonly filter: string;
  readonly isOnlyBusy: boolean;
  readonly busyLabel: string;
  readonly placeholder: string;
  readonly totalCount: number;
  readonly matchedCount: number;
  readonly onChange: (change: { readonly filter?: string; readonly isOnlyBusy?: boolean }) => void;
}): ReactElement {
  const id = useId();
  const isFiltered = matchedCount !== totalCount;
  return (
    <div className="table-tools">
      <label htmlFor={id} className="visually-hidden">
        Filter
      </label>
      <input
        id={id}
        type="search"
        className="filter"
        placeholder={placeholder}
        maxLength={128}
        value={filter}
        onChange={(event) => onChange({ filter: event.target.value })}
      />
      <label className="switch">
        <input
          type="checkbox"
          checked={isOnlyBusy}
          onChange={(event) => onChange({ isOnlyBusy: event.target.checked })}
        />
        {busyLabel}
      </label>
      <p className="table-count" role="status">
        {isFiltered ? `${formatCount(matchedCount)} of ${formatCount(totalCount)}` : formatCount(totalCount)}
      </p>
    </div>
  );
}
