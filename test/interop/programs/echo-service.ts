/** What every server of the matrix does, in every language: it sends a message back, unless it is one of these commands. */
export type Command =
  | { readonly type: "echo" }
  /** `/ping`: send a ping that carries `interop`; when its pong comes, the text `pong interop`. */
  | { readonly type: "ping" }
  /** `/close 4002 reason`: close with that code and reason. */
  | { readonly type: "close"; readonly code: number; readonly reason: string }
  /** `/closed 4001`: once a connection was closed by its client with that code, send code and reason as text. */
  | { readonly type: "closed"; readonly code: number };

/** The subprotocol every server chooses when it is offered. */
export const serviceProtocol = "chat.v2";

/** Reads a message; binary ones are never commands. */
export function readCommand(data: string | Uint8Array): Command {
  if (typeof data !== "string") return { type: "echo" };
  const [, name, code, reason = ""] = /^\/(ping|closed?)(?: (\d+))?(?: (.*))?$/u.exec(data) ?? [];
  switch (name) {
    case "ping":
      return { type: name };
    case "close":
      return { type: name, code: Number(code), reason };
    case "closed":
      return { type: name, code: Number(code) };
    default:
      return { type: "echo" };
  }
}

/** What clients closed with; who asks before it is known waits. */
export class CloseBook {
  readonly #endings = new Map<number, string>();
  readonly #waiting = new Map<number, (ending: string) => void>();

  note(code: number, reason: string): void {
    const ending = `${code} ${reason}`;
    this.#endings.set(code, ending);
    this.#waiting.get(code)?.(ending);
  }

  tell(code: number, send: (ending: string) => void): void {
    const ending = this.#endings.get(code);
    if (ending === undefined) this.#waiting.set(code, send);
    else send(ending);
  }
}
