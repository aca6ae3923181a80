import { type Logger, pino, stdSerializers } from "pino";
import { PinoPretty } from "pino-pretty";
import type { LogLevel } from "./log-levels.ts";
import { printable } from "./printable.ts";

export interface LogOptions {
  readonly level: LogLevel;
  /** Lines for people instead of one JSON object a line. */
  readonly isPretty: boolean;
  readonly hasColors: boolean;
}

/** Makes the log: JSON lines for machines, lines with a time and a level for people at a terminal, on stdout. */
export function createLog({ hasColors, isPretty, level }: LogOptions): Logger {
  const options = { level, base: null, serializers: { error: printError } };
  // Written at once: a log that is cut off by a crash is missing the line that matters.
  if (!isPretty) {
    return pino({ ...options, formatters: { level: (label) => ({ level: label }) } }, pino.destination({ sync: true }));
  }
  return pino(
    options,
    PinoPretty({
      colorize: hasColors,
      sync: true,
      singleLine: true,
      translateTime: "SYS:HH:MM:ss",
      errorLikeObjectKeys: ["error"],
    }),
  );
}

/** An error may quote what a peer sent: the only line ends that are told as such are those before the places of its stack. */
function printError(error: unknown): unknown {
  if (!(error instanceof Error)) return typeof error === "string" ? printable(error) : error;
  const { message, stack, ...rest } = stdSerializers.err(error);
  return { ...rest, message: printable(message), stack: printable(stack).replaceAll(/\\n(?= +at )/g, "\n") };
}
