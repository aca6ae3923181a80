/** `switchboard/client`: typed channels for browsers and everything else with a WebSocket. */
export type { Client, ClientControls, ClientState, ClientStateInfo, OpenRoom, RoomOptions } from "./client.ts";
export type { Codec, Written } from "./codec.ts";
export { connect } from "./connect.ts";
export type { Backoff, Clock, ConnectOptions, StorageLike } from "./connect-options.ts";
export type { HasChannels } from "../wire/index.ts";
export { ClientError, type ClientErrorCode, SendError } from "./errors.ts";
export { pageMemory, type PageMemoryOptions } from "./page-memory.ts";
export { peopleOf, type Person } from "./people.ts";
export type { MemoryPort, OpenMemory, PositionMemory } from "./position-memory.ts";
export type * from "./room.ts";
export { type MessageSource, trackTyping, type Typing, type TypingOptions } from "./typing.ts";
export type { WebSocketConstructor, WebSocketLike } from "./websocket-like.ts";
