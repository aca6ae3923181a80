import type { ReactElement } from "react";
import { splitName } from "./room-name.ts";

interface RoomStartProps {
  /** Its full name. */
  readonly name: string;
  readonly isEmpty: boolean;
  /** Whether nothing was ever said before what is here. */
  readonly isFirst: boolean;
}

/** Over the oldest message of a room. */
export function RoomStart({ name, isEmpty, isFirst }: RoomStartProps): ReactElement {
  const { room } = splitName(name);
  const title = isEmpty
    ? `Nobody has said anything in ${room} ${isFirst ? "yet" : "lately"}`
    : isFirst
      ? `This is where ${room} begins`
      : "Older messages are not kept any more";
  return (
    <div className={`room-start${isEmpty ? " empty" : ""}`}>
      <span className="big-lamp" aria-hidden="true">
        #
      </span>
      <p className="room-start-title">{title}</p>
      <p className="room-start-note">What is said here is kept for those who come later.</p>
    </div>
  );
}
