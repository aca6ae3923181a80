/** A snapshot's bytes: up to which offset it covers the log, and the state. */
export function writeSnapshot(upTo: number, state: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(8 + state.length);
  new DataView(bytes.buffer).setFloat64(0, upTo);
  bytes.set(state, 8);
  return bytes;
}

export function readSnapshot(bytes: Uint8Array): { readonly upTo: number; readonly state: Uint8Array } {
  return { upTo: new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0), state: bytes.subarray(8) };
}

/** A cursor's bytes: the number of the Yjs client whose it is, and its awareness update. */
export function readCursor(bytes: Uint8Array): { readonly clientId: number; readonly update: Uint8Array } {
  return { clientId: new DataView(bytes.buffer, bytes.byteOffset).getUint32(0), update: bytes.subarray(4) };
}

export function writeCursor(clientId: number, update: Uint8Array): Uint8Array {
  const bytes = new Uint8Array([0, 0, 0, 0, ...update]);
  new DataView(bytes.buffer).setUint32(0, clientId);
  return bytes;
}
