/**
 * What is ours goes where `@types/ws` is asked for, as in the parameters of graphql-ws, tRPC and y-websocket, and options that were
 * typed by it go to ours. The type check is the test; nothing is run.
 */
import type * as theirs from "ws";
import type * as ours from "../../src/ws-compat/index.ts";

/** Whether all that is in `A` may stand where `B` is asked for. */
type Fits<A, B> = [A] extends [B] ? true : false;

/** Ours, given to a library. */
export const given: readonly true[] = [
  true satisfies Fits<ours.WebSocket, theirs.WebSocket>,
  true satisfies Fits<typeof ours.WebSocket, typeof theirs.WebSocket>,
  true satisfies Fits<typeof ours.default, typeof theirs.default>,
  true satisfies Fits<ours.WebSocketServer, theirs.WebSocketServer>,
  true satisfies Fits<ours.Server, theirs.Server>,
  true satisfies Fits<ours.RawData, theirs.RawData>,
  true satisfies Fits<ours.Data, theirs.Data>,
  true satisfies Fits<ours.Event, theirs.Event>,
  true satisfies Fits<ours.MessageEvent, theirs.MessageEvent>,
  true satisfies Fits<ours.ErrorEvent, theirs.ErrorEvent>,
  true satisfies Fits<ours.CloseEvent, theirs.CloseEvent>,
  true satisfies Fits<ours.WebSocket.WebSocketEventMap, theirs.WebSocket.WebSocketEventMap>,
  true satisfies Fits<ours.AddressInfo, theirs.AddressInfo>,
];

/** Theirs, given to us. */
export const taken: readonly true[] = [
  true satisfies Fits<theirs.ClientOptions, ours.ClientOptions>,
  true satisfies Fits<Omit<theirs.ServerOptions, "WebSocket">, Omit<ours.ServerOptions, "WebSocket">>,
  true satisfies Fits<theirs.VerifyClientCallbackAsync, ours.VerifyClientCallbackAsync>,
  true satisfies Fits<theirs.VerifyClientCallbackSync, ours.VerifyClientCallbackSync>,
  true satisfies Fits<theirs.PerMessageDeflateOptions, ours.PerMessageDeflateOptions>,
  true satisfies Fits<theirs.RawData, ours.RawData>,
  true satisfies Fits<theirs.Data, ours.Data>,
  true satisfies Fits<theirs.CertMeta, ours.CertMeta>,
  true satisfies Fits<theirs.EventListenerOptions, ours.EventListenerOptions>,
];
