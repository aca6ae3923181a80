/** `switchboard/react`: hooks over `switchboard/client`, for React 18 and 19. */
export type { LatestSource } from "./latest-store.ts";
export type { MessagesView, OutgoingMessage } from "./message-list.ts";
export { type ClientLike, SwitchboardProvider, type SwitchboardProviderProps, useClient } from "./provider.ts";
export type { ChannelName, Register, RegisteredGateway } from "./register.ts";
export { useConnectionState } from "./use-connection-state.ts";
export { useLatest, useLatestValues } from "./use-latest.ts";
export { type Messages, type MessagesOptions, useMessages } from "./use-messages.ts";
export { type PresenceView, usePresence } from "./use-presence.ts";
export { useRoom } from "./use-room.ts";
export { useRoomStatus } from "./use-room-status.ts";
export { type TypingView, useTyping, type UseTypingOptions } from "./use-typing.ts";
