import type { Attempt } from "switchboard/lab";

/** A handshake with one thing wrong, to start from. */
export interface Preset {
  readonly title: string;
  readonly attempt: Attempt;
}

/** That of RFC 6455 §1.3. */
const key = "dGhlIHNhbXBsZSBub25jZQ==";

/** A handshake with nothing wrong, from the page at `host`. */
export function rightAttempt(host: string, origin: string): Attempt {
  return {
    method: "GET",
    version: "HTTP/1.1",
    headers: [
      ["Host", host],
      ["Upgrade", "websocket"],
      ["Connection", "Upgrade"],
      ["Sec-WebSocket-Key", key],
      ["Sec-WebSocket-Version", "13"],
      ["Origin", origin],
    ],
    frames: "",
  };
}

/** What people try: the first is right. */
export function presets(host: string, origin: string): readonly Preset[] {
  const right = rightAttempt(host, origin);
  const withHeader = (name: string, value: string | undefined): Attempt => ({
    ...right,
    headers: right.headers.flatMap((header) =>
      header[0] !== name ? [header] : value === undefined ? [] : [[name, value] as const],
    ),
  });
  return [
    { title: "Nothing wrong", attempt: right },
    { title: "POST", attempt: { ...right, method: "POST" } },
    { title: "HTTP/1.0", attempt: { ...right, version: "HTTP/1.0" } },
    { title: "No Host", attempt: withHeader("Host", undefined) },
    { title: "Two Hosts", attempt: { ...right, headers: [...right.headers, ["Host", "elsewhere.example"]] } },
    { title: "No Upgrade", attempt: withHeader("Upgrade", undefined) },
    { title: "Connection: close", attempt: withHeader("Connection", "close") },
    { title: "Version 8", attempt: withHeader("Sec-WebSocket-Version", "8") },
    { title: "A short key", attempt: withHeader("Sec-WebSocket-Key", "c2hvcnQ=") },
    { title: "Another origin", attempt: withHeader("Origin", "https://stranger.example") },
    { title: "A body", attempt: { ...right, headers: [...right.headers, ["Content-Length", "5"]] } },
    { title: "An unmasked frame", attempt: { ...right, frames: "810568656c6c6f" } },
    { title: "Text that is not UTF-8", attempt: { ...right, frames: "818200000000c328" } },
    { title: "Close code 1005", attempt: { ...right, frames: "88820000000003ed" } },
    { title: "A reserved opcode", attempt: { ...right, frames: "838000000000" } },
    { title: "A frame of 2 EiB", attempt: { ...right, frames: "82ff200000000000000000000000" } },
  ];
}
