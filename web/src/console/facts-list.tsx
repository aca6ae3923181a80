import type { ConsoleFacts, ConsoleSample } from "switchboard/console";
import type { ReactElement } from "react";
import { formatAge, formatBytes, formatShare } from "./format.ts";

/** What the store's level means for whoever depends on it. */
const levels: Readonly<Record<ConsoleFacts["durability"], string>> = {
  mem: "What was acknowledged is lost when this process ends.",
  os: "What was acknowledged survives a crash of the process, not of the machine.",
  fsync: "What was acknowledged survives a power failure: it is on the disk.",
  quorum: "What was acknowledged is with most of the store’s servers.",
};

/** What does not change, and how the process is. */
export function FactsList({
  facts,
  sample,
}: {
  readonly facts: ConsoleFacts;
  readonly sample: ConsoleSample | undefined;
}): ReactElement {
  const { durability, host, node, nodeVersion, pid, startedAtMs, store } = facts;
  return (
    <section aria-labelledby="facts-title" className="card">
      <h2 id="facts-title">This node</h2>
      <dl className="facts">
        <div className="facts-wide">
          <dt>Durability</dt>
          <dd>
            <span className={`level is-${durability}`}>{durability}</span> {levels[durability]}
          </dd>
        </div>
        <div className="facts-wide">
          <dt>Store</dt>
          <dd>
            {store}
            {sample?.pendingCount !== undefined && `; ${sample.pendingCount} requests wait for it`}
          </dd>
        </div>
        <div>
          <dt>Host</dt>
          <dd>
            {host}, process {pid}
          </dd>
        </div>
        <div>
          <dt>Running for</dt>
          <dd>{sample === undefined ? "–" : formatAge(sample.atMs - startedAtMs)}</dd>
        </div>
        <div>
          <dt>Node.js</dt>
          <dd>{nodeVersion}</dd>
        </div>
        <div>
          <dt>Process</dt>
          <dd>
            {sample === undefined
              ? "–"
              : `${formatBytes(sample.rssBytes)} of memory, event loop ${formatShare(sample.loopShare)} busy`}
          </dd>
        </div>
        <div className="facts-wide">
          <dt>Name among the nodes</dt>
          <dd>
            <code>{node}</code>
          </dd>
        </div>
      </dl>
    </section>
  );
}
