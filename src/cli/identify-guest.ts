import { createHash } from "node:crypto";
import { z } from "zod";
import type { User } from "../wire/index.ts";

/** 1 to 40 UTF-16 units; no control, format or line characters: a name must not be able to change the line it stands in. */
const nameSchema = z
  .string()
  .trim()
  .min(1)
  .max(40)
  // The joiners that emoji are made with are format characters, too, and stay.
  .regex(/^(?:[\u200c\u200d]|[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}])+$/u);

const tokenSchema = z.object({ name: nameSchema });

/**
 * Who a guest of the chat is: the name they gave, and an id that follows from their device's secret, so it is the same at every
 * connection and gives the secret to nobody.
 *
 * @param token - JSON text, `{"name":"Ada"}`; undefined for someone who gave no name.
 * @returns undefined for a token that is something else: the connection is refused.
 */
export function identifyGuest({
  device,
  token,
}: {
  readonly device: string;
  readonly token: string | undefined;
}): User | undefined {
  const id = `guest-${createHash("sha256").update(`switchboard chat guest ${device}`).digest().toString("base64url", 0, 12)}`;
  if (token === undefined) return { id };
  const parsed = tokenSchema.safeParse(parseJson(token));
  return parsed.success ? { id, name: parsed.data.name } : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
