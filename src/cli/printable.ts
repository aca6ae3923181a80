/**
 * A text as it may be shown at a terminal: what a peer sends must not move the cursor, change colours or hide what stands before it.
 * Control and format characters, line ends too, are written as escapes.
 */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, (character) =>
    character === "\t" ? character : escapeCharacter(character),
  );
}

function escapeCharacter(character: string): string {
  const names: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\u001b": "\\e" };
  return names[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
