import { Fragment, type ReactElement } from "react";
import type { RoomStore } from "./room-store.ts";
import { typingSentence } from "./typing.ts";
import { useStore } from "../use-store.ts";

/** "Ada and Bob are typing…". Its height stays, so that nothing moves when they stop. */
export function TypingLine({ room }: { readonly room: RoomStore }): ReactElement {
  const { typists } = useStore(room.view);
  const sentence = typingSentence(typists);
  const joint = typists.length === 2 ? " and " : ", ";
  return (
    <p className="typing-line">
      {sentence !== undefined && (
        <>
          <span className="typing-dots" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          <span className="typing-words">
            {sentence.names.map((name, index) => (
              <Fragment key={index}>
                {index > 0 && joint}
                <bdi>{name}</bdi>
              </Fragment>
            ))}
            {sentence.rest}
          </span>
        </>
      )}
    </p>
  );
}
