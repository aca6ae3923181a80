/**
 * - `open`: both sides may send.
 * - `closing`: our close frame is out, the peer's is awaited; what the peer sends until then is still delivered.
 * - `closed`: nothing is read or sent any more; what is left to do is to end the transport.
 */
export type ConnectionState = "open" | "closing" | "closed";

/** What moves a connection from state to state. */
export type ConnectionInput = "sendClose" | "receiveClose" | "fail" | "end";

/** The whole life of a connection (RFC 6455 §7.1). An input that is not listed changes nothing. */
export const transitions: Readonly<
  Record<ConnectionState, Readonly<Partial<Record<ConnectionInput, ConnectionState>>>>
> = {
  // §5.5.1: "If an endpoint receives a Close frame and did not previously send a Close frame, the endpoint MUST send a Close
  // frame in response": receiveClose in `open` answers, so both frames are exchanged and there is nothing to wait for.
  open: { sendClose: "closing", receiveClose: "closed", fail: "closed", end: "closed" },
  closing: { receiveClose: "closed", fail: "closed", end: "closed" },
  closed: {},
};
