import { extendedConnect } from "./extended-connect.ts";
import { extensions } from "./extensions.ts";
import { frames } from "./frames.ts";
import { requestHead, responseHead } from "./heads.ts";
import { inflate } from "./inflate.ts";
import { messagepack } from "./messagepack.ts";
import type { FuzzTarget } from "./target.ts";

/** Everything of the protocols that reads what a stranger sent. */
export const targets: readonly FuzzTarget[] = [
  frames,
  inflate,
  requestHead,
  responseHead,
  extensions,
  extendedConnect,
  messagepack,
];
