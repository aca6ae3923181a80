import type { ReactElement } from "react";
import { describePayload } from "./anatomy.ts";
import { countBytes } from "./bytes.ts";
import type { SeenFrame } from "./course.ts";

/** Frames, one a row; where there is `onChoose` one of them is chosen. */
export function FrameTable({
  frames,
  empty,
  chosen,
  onChoose,
}: {
  readonly frames: readonly SeenFrame[];
  readonly empty: string;
  readonly chosen?: number | undefined;
  readonly onChoose?: (number: number) => void;
}): ReactElement {
  if (frames.length === 0) return <p className="lab-note">{empty}</p>;
  return (
    <div className="table-scroll">
      <table className="frames">
        <thead>
          <tr>
            <th scope="col">Frame</th>
            <th scope="col">From</th>
            <th scope="col">Opcode</th>
            <th scope="col">Header</th>
            <th scope="col">Payload</th>
            <th scope="col">Says</th>
          </tr>
        </thead>
        <tbody>
          {frames.map((frame) => (
            <tr key={frame.number} className={frame.number === chosen ? "is-chosen" : undefined}>
              <th scope="row">
                {onChoose === undefined ? (
                  frame.number
                ) : (
                  <button
                    type="button"
                    className="text-button"
                    aria-pressed={frame.number === chosen}
                    onClick={() => onChoose(frame.number)}
                  >
                    {frame.number}
                  </button>
                )}
              </th>
              <td>{frame.direction === "in" ? "browser" : "server"}</td>
              <td>{frame.opcode}</td>
              <td>{countBytes(frame.headerBytes)}</td>
              <td>{countBytes(frame.payloadBytes)}</td>
              <td className="frames-says">{describePayload(frame).slice(0, 80)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
