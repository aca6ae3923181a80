/** The gateway's limit on a message's text, in UTF-16 units (`switchboard/chat`). */
export const maxTextCount = 4_000;

/** From how many units left the counter shows. */
const counterFromCount = 400;

export interface TextCheck {
  readonly canSend: boolean;
  /** Units left, when few are; negative when too long. */
  readonly leftCount: number | undefined;
  /** What is wrong, in words, when the text cannot be sent and is not just empty. */
  readonly problem: string | undefined;
}

/** Judges a text as the gateway will. */
export function checkText(text: string): TextCheck {
  const left = maxTextCount - text.length;
  if (left < 0) {
    const problem = `This message is ${-left === 1 ? "1 character" : `${-left} characters`} too long. The limit is ${maxTextCount.toLocaleString("en")}.`;
    return { canSend: false, leftCount: left, problem };
  }
  return { canSend: text.trim() !== "", leftCount: left <= counterFromCount ? left : undefined, problem: undefined };
}
