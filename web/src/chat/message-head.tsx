import type { User } from "switchboard/wire";
import type { ReactElement } from "react";
import { Avatar, hueClass } from "./avatar.tsx";
import { clockTime, fullTime } from "./time-words.ts";
import { nameOf } from "./typing.ts";

interface MessageHeadProps {
  readonly user: User;
  readonly atMs: number;
  readonly isGroupStart: boolean;
}

/** Who said it and when; within a group the time only, for who points at it. */
export function MessageHead({ user, atMs, isGroupStart }: MessageHeadProps): ReactElement {
  const time = (
    <time className="time" dateTime={new Date(atMs).toISOString()} title={fullTime(atMs)}>
      {clockTime(atMs)}
    </time>
  );
  if (!isGroupStart) {
    return (
      <>
        <span className="visually-hidden">{nameOf(user)}, </span>
        {time}
      </>
    );
  }
  return (
    <>
      <Avatar user={user} />
      <div className="head">
        <bdi className={`author ${hueClass(user.id)}`}>{nameOf(user)}</bdi>
        {time}
      </div>
    </>
  );
}
