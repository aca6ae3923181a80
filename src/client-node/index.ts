/** What `switchboard/client` is on Node: the same names, with the engine as the default WebSocket. */
export * from "../client/index.ts";
export { connect } from "./connect.ts";
