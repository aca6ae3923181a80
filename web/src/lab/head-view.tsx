import type { ReactElement } from "react";
import { ByteGrid, useChoice } from "./byte-grid.tsx";
import { countBytes } from "./bytes.ts";
import { readHead } from "./head.ts";
import { findWords } from "./header-words.ts";

/** A request or a response: its lines, what the chosen one is for, and its bytes. */
export function HeadView({ bytes, label }: { readonly bytes: Uint8Array; readonly label: string }): ReactElement {
  const lines = readHead(bytes);
  const { chosen, choose, onKeyDown } = useChoice(lines.length);
  const line = lines[chosen];
  const words = line && findWords(line);
  return (
    <div className="split">
      <div>
        <ul className="head-lines" aria-label={`Lines of the ${label}`}>
          {lines.map(({ from, text, name }, index) => (
            <li key={from}>
              <button
                type="button"
                aria-pressed={index === chosen}
                tabIndex={index === chosen ? 0 : -1}
                onClick={() => choose(index)}
                onKeyDown={onKeyDown}
              >
                {text === "" ? <em>empty line</em> : name === undefined ? text : <HeaderText name={name} text={text} />}
              </button>
            </li>
          ))}
        </ul>
        <div className="words" aria-live="polite">
          {line !== undefined && (
            <>
              <h4>{line.name ?? (line.text === "" ? "The empty line" : line.text)}</h4>
              {words === undefined ? (
                <p>This header has nothing to do with WebSocket.</p>
              ) : (
                <>
                  <p>{words.what}</p>
                  <p>{words.why}</p>
                  <p className="lab-note">{words.source}</p>
                </>
              )}
            </>
          )}
        </div>
      </div>
      <div>
        <p className="lab-note">{countBytes(bytes.length)} on the wire</p>
        <ByteGrid bytes={bytes} label={label} chosen={line && { ...line, label: line.name ?? "the line" }} />
      </div>
    </div>
  );
}

function HeaderText({ name, text }: { readonly name: string; readonly text: string }): ReactElement {
  return (
    <>
      <b>{name}</b>
      {text.slice(name.length)}
    </>
  );
}
