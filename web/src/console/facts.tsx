import type { ReactElement } from "react";

/** What is known of one row: a name and a value a line. */
export function Facts({
  facts,
}: {
  readonly facts: readonly (readonly [name: string, value: string])[];
}): ReactElement {
  return (
    <dl className="facts is-narrow">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
