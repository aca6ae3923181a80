import { type ReactElement, useEffect } from "react";
import { Logo } from "../logo.tsx";
import { useStore } from "../use-store.ts";
import { ChannelsPanel } from "./channels-panel.tsx";
import { ConnectionsPanel } from "./connections-panel.tsx";
import type { ConsoleSession } from "./console-session.ts";
import { DrainControl } from "./drain-control.tsx";
import { formatCount } from "./format.ts";
import { KeyForm } from "./key-form.tsx";
import { LinkBanner } from "./link-banner.tsx";
import { Overview } from "./overview.tsx";
import { TapPanel } from "./tap-panel.tsx";
import { useHash } from "./use-hash.ts";

const panels = ["overview", "connections", "channels", "tap"] as const;
type Panel = (typeof panels)[number];

const titles: Readonly<Record<Panel, string>> = {
  overview: "Overview",
  connections: "Connections",
  channels: "Channels",
  tap: "Tap",
};

export function ConsolePage({ session }: { readonly session: ConsoleSession }): ReactElement {
  const link = useStore(session.link);
  const hash = useHash();
  const panel = panels.find((name) => name === hash) ?? "overview";
  useEffect(() => {
    document.title = `${titles[panel]} · Switchboard console`;
  }, [panel]);
  if (link.phase === "needsKey") return <KeyForm reason={link.reason} onKey={(key) => session.start(key)} />;
  return (
    <>
      <a className="skip-link" href="#main" onClick={focusMain}>
        Skip to {titles[panel].toLowerCase()}
      </a>
      <Header session={session} panel={panel} />
      <LinkBanner session={session} link={link} />
      <main id="main" tabIndex={-1} className={`console${link.phase === "live" ? "" : " is-stale"}`}>
        <h1 className="visually-hidden">{titles[panel]}</h1>
        {panel === "overview" && <Overview session={session} />}
        {panel === "connections" && <ConnectionsPanel session={session} />}
        {panel === "channels" && <ChannelsPanel session={session} />}
        {panel === "tap" && <TapPanel session={session} />}
      </main>
      <NoticeLine session={session} />
    </>
  );
}

/** The fragment says which panel is shown: it is not to change. */
function focusMain(event: { preventDefault(): void }): void {
  event.preventDefault();
  document.querySelector<HTMLElement>("#main")?.focus();
}

function Header({ panel, session }: { readonly session: ConsoleSession; readonly panel: Panel }): ReactElement {
  const sample = useStore(session.samples).at(-1);
  const tap = useStore(session.tap);
  const badges: Readonly<Partial<Record<Panel, string>>> = {
    ...(sample !== undefined && {
      connections: formatCount(sample.connectionCount),
      channels: formatCount(sample.channelCount),
    }),
    ...(tap.isRunning && { tap: "on" }),
  };
  return (
    <header className="console-header">
      <div className="console-brand">
        <Logo />
        <span>Switchboard</span>
      </div>
      <nav aria-label="Parts of the console">
        <ul>
          {panels.map((name) => (
            <li key={name}>
              <a href={`#${name}`} aria-current={name === panel ? "page" : undefined}>
                {titles[name]}
                {badges[name] !== undefined && <span className="nav-badge">{badges[name]}</span>}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <DrainControl session={session} />
    </header>
  );
}

/** What came of the last action: said once, and in sight for a while. */
function NoticeLine({ session }: { readonly session: ConsoleSession }): ReactElement {
  const notice = useStore(session.notice);
  useEffect(() => {
    if (notice === undefined || notice.isBad) return undefined;
    const timer = setTimeout(() => session.notice.set(undefined), 6_000);
    return () => clearTimeout(timer);
  }, [notice, session]);
  return (
    <div className="notice-place" role="status">
      {notice !== undefined && (
        <p className={notice.isBad ? "notice is-bad" : "notice"}>
          {notice.text}
          <button type="button" className="text-button" onClick={() => session.notice.set(undefined)}>
            Dismiss
          </button>
        </p>
      )}
    </div>
  );
}
