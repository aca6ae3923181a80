import type { ReactElement } from "react";
import type { ChatSession } from "./chat-session.ts";
import { bannerOf } from "./connection-words.ts";
import { useNow } from "./use-browser.ts";
import { useStore } from "../use-store.ts";

interface ConnectionBannerProps {
  readonly session: ChatSession;
  readonly onLeave: () => void;
}

/** The state of the line, whenever there is something to say about it. */
export function ConnectionBanner({ session, onLeave }: ConnectionBannerProps): ReactElement {
  const view = useStore(session.connection);
  const nowMs = useNow(view.state === "waiting" ? 250 : undefined);
  const banner = bannerOf(view, nowMs);
  // The region is always there, so that a screen reader notices what comes into it; the countdown is for eyes only.
  return (
    <div className="banner-region" role="status">
      {banner !== undefined && (
        <p className={`banner ${banner.tone}${view.hasBeenOpen || view.state !== "connecting" ? "" : " late"}`}>
          <span className="banner-lamp" aria-hidden="true" />
          <span className="banner-text">
            {banner.text}
            {banner.countdown !== undefined && <span aria-hidden="true">{banner.countdown}</span>}
          </span>
          {banner.action === "try-now" && (
            <button className="banner-action" type="button" onClick={() => session.tryNow()}>
              Try now
            </button>
          )}
          {banner.action === "reload" && (
            <button className="banner-action" type="button" onClick={() => location.reload()}>
              Reload
            </button>
          )}
          {banner.action === "leave" && (
            <button className="banner-action" type="button" onClick={onLeave}>
              Leave
            </button>
          )}
        </p>
      )}
    </div>
  );
}
