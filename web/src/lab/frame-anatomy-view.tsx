import type { ReactElement } from "react";
import type { FrameAnatomy, FramePart } from "./anatomy.ts";
import { ByteGrid, useChoice } from "./byte-grid.tsx";
import { hexOf } from "./bytes.ts";

/** A frame taken apart: each field with what it is for, the bytes it is in, and the mask taken off. */
export function FrameAnatomyView({ frame }: { readonly frame: FrameAnatomy }): ReactElement {
  const { chosen, choose, onKeyDown } = useChoice(frame.parts.length);
  const part = frame.parts[chosen] as FramePart;
  return (
    <div className="split">
      <div>
        <h3>Its header, bit by bit</h3>
        <ul className="parts" aria-label="Fields of the frame">
          {frame.parts.map(({ name, bits, value }, index) => (
            <li key={name}>
              <button
                type="button"
                aria-pressed={index === chosen}
                tabIndex={index === chosen ? 0 : -1}
                onClick={() => choose(index)}
                onKeyDown={onKeyDown}
              >
                <b>{name}</b>
                {bits !== undefined && <code className="bits">{bits}</code>}
                <span>{name === "payload" ? `${value} bytes` : value}</span>
              </button>
            </li>
          ))}
        </ul>
        <div className="words" aria-live="polite">
          <h4>{part.name}</h4>
          <p>{part.why}</p>
          <p className="lab-note">RFC 6455 §5.2</p>
        </div>
      </div>
      <div>
        <h3>On the wire</h3>
        <ByteGrid bytes={frame.bytes} label="The frame" chosen={{ from: part.from, to: part.to, label: part.name }} />
        {frame.maskingKey !== undefined && frame.payload.length > 0 && <Unmasking frame={frame} />}
      </div>
    </div>
  );
}

function Unmasking({
  frame: { maskingKey = new Uint8Array(), payload, bytes, headerBytes },
}: {
  readonly frame: FrameAnatomy;
}): ReactElement {
  const count = Math.min(8, payload.length);
  const masked = bytes.subarray(headerBytes, headerBytes + count);
  const key = Uint8Array.from(masked, (_, index) => maskingKey[index % 4] ?? 0);
  return (
    <>
      <h3>The mask, taken off</h3>
      <table className="checks unmask">
        <tbody>
          <tr>
            <th scope="row">masked</th>
            <td>
              <code>{hexOf(masked)}</code>
            </td>
          </tr>
          <tr>
            <th scope="row">XOR key</th>
            <td>
              <code>{hexOf(key)}</code>
            </td>
          </tr>
          <tr>
            <th scope="row">payload</th>
            <td>
              <code>{hexOf(payload.subarray(0, count))}</code> “{new TextDecoder().decode(payload.subarray(0, count))}”
            </td>
          </tr>
        </tbody>
      </table>
    </>
  );
}
