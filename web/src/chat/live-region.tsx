import type { ReactElement } from "react";
import { plainText } from "./markup.ts";
import type { IncomingMessage } from "./timeline.ts";
import { nameOf } from "./typing.ts";

/** The most of a message that is read out. */
const maxHeardCount = 300;

/** Reads the newest message out to those who do not see the page. */
export function LiveRegion({ heard }: { readonly heard: IncomingMessage | undefined }): ReactElement {
  return (
    <div className="visually-hidden" aria-live="polite">
      {heard !== undefined && (
        <p key={heard.offset}>
          {`${heard.callsMe ? "You are called by " : ""}${nameOf(heard.user)}: ${plainText(heard.text, heard.mentions).slice(0, maxHeardCount)}`}
        </p>
      )}
    </div>
  );
}
