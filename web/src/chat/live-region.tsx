import type { Message } from "switchboard/client";
import type { ChatMessage } from "switchboard/chat";
import type { ReactElement } from "react";
import { nameOf } from "./typing.ts";

/** The most of a message that is read out. */
const maxHeardCount = 300;

/** Reads the newest message out to those who do not see the page. */
export function LiveRegion({ heard }: { readonly heard: Message<ChatMessage> | undefined }): ReactElement {
  return (
    <div className="visually-hidden" aria-live="polite">
      {heard !== undefined && (
        <p key={heard.offset}>{`${nameOf(heard.user)}: ${heard.data.text.slice(0, maxHeardCount)}`}</p>
      )}
    </div>
  );
}
