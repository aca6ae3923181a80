import { callApi, noStream } from "./ask-api.ts";
import type { Deadline } from "./deadline.ts";
import type { StreamConfig } from "./measure-stream.ts";
import { toBrokerError } from "./nats-error.ts";
import type { NatsLink } from "./nats-link.ts";

/** How a stream is, as its leader knows it. */
export interface StreamInfo {
  readonly config: StreamConfig;
  readonly state: { readonly first_seq: number; readonly last_seq: number; readonly last_ts: string };
}

/** `undefined`: there is none of that name. */
export async function readStreamInfo(
  link: NatsLink,
  name: string,
  deadline: Deadline,
): Promise<StreamInfo | undefined> {
  const action = "examine the stream";
  const call = { subject: `$JS.API.STREAM.INFO.${name}`, body: "", action, deadline };
  const { error, ...info } = await callApi({ link }, call);
  if (error?.err_code === noStream) return undefined;
  if (error !== undefined) throw toBrokerError(error, action);
  // A `as`: what the server answers to this question.
  return info as unknown as StreamInfo;
}

/** Makes a stream; nothing if another node was faster. */
export async function createStream(
  link: NatsLink,
  config: StreamConfig & { readonly name: string },
  deadline: Deadline,
): Promise<void> {
  const action = "make the stream";
  const call = { subject: `$JS.API.STREAM.CREATE.${config.name}`, body: config, action, deadline };
  const { error } = await callApi({ link }, call);
  const isThere = 10_058;
  if (error !== undefined && error.err_code !== isThere) throw toBrokerError(error, action);
}
