/** What a line of the handshake is for. */
export interface LineWords {
  readonly what: string;
  readonly why: string;
  /** Where it is written down. */
  readonly source: string;
}

const requestLine: LineWords = {
  what: "GET, the path of this WebSocket, and HTTP/1.1.",
  why: "The call starts as an ordinary request, so that it passes where HTTP passes: the same port, the same proxies. Only GET may upgrade, and only from HTTP/1.1 on.",
  source: "RFC 6455 §4.1",
};

const statusLine: LineWords = {
  what: "The server agrees to change the protocol.",
  why: "Any other status means that this is still HTTP and that no WebSocket is there. From the byte after the empty line on, HTTP is over.",
  source: "RFC 6455 §4.2.2, RFC 9110 §15.2.2",
};

const emptyLine: LineWords = {
  what: "The end of the head.",
  why: "An empty line ends every HTTP head. What follows it here are frames.",
  source: "RFC 9112 §2.1",
};

const headers: Readonly<Record<string, LineWords>> = {
  host: {
    what: "Which site is meant.",
    why: "One address can serve many sites. Without it, or with two of them, servers and proxies could disagree about who is asked, so it must stand there once.",
    source: "RFC 9112 §3.2",
  },
  upgrade: {
    what: "The protocol to change to.",
    why: "An HTTP server that knows no WebSocket ignores it and answers as usual: nothing breaks.",
    source: "RFC 6455 §4.1, RFC 9110 §7.8",
  },
  connection: {
    what: "Says that Upgrade is meant for the next hop.",
    why: "A proxy takes off what Connection names. One that does not pass both headers on is why a WebSocket fails behind it.",
    source: "RFC 9110 §7.6.1",
  },
  "sec-websocket-key": {
    what: "16 random bytes in base64, new for every attempt.",
    why: "No secret: it makes the answer impossible to have been recorded earlier. A page cannot set headers that begin with Sec-, so no script can fake this request with fetch.",
    source: "RFC 6455 §4.1, §11.3.1",
  },
  "sec-websocket-version": {
    what: "The version of the protocol: 13, and only 13.",
    why: "The drafts before had other numbers. A server that does not know it answers 426 and names those it knows.",
    source: "RFC 6455 §4.4",
  },
  "sec-websocket-extensions": {
    what: "How the frames may be changed, most often by compression.",
    why: "The client offers, the server takes or leaves it. This lab leaves it, so that the frames below can be read.",
    source: "RFC 6455 §9, RFC 7692",
  },
  "sec-websocket-protocol": {
    what: "Which language the messages are in.",
    why: "The client names those it speaks, the server picks one of them. A pick that was not offered fails the connection.",
    source: "RFC 6455 §1.9",
  },
  "sec-websocket-accept": {
    what: "The proof: base64(SHA-1(key + GUID)).",
    why: "Only somebody who has read this very request and knows WebSocket can answer so. A cache, or a server that echoes, cannot.",
    source: "RFC 6455 §4.2.2",
  },
  origin: {
    what: "The page that the script comes from.",
    why: "Any page may open a WebSocket to any server, and cookies go with it. This is the server's only way to tell its own page from a stranger's: it has to check.",
    source: "RFC 6455 §10.2, RFC 6454",
  },
  cookie: {
    what: "The cookies of this site.",
    why: "They come along as with every request, from strangers' pages too: see Origin.",
    source: "RFC 6265 §5.4",
  },
  authorization: {
    what: "A name and password of the URL.",
    why: "Browsers send it where the URL had some.",
    source: "RFC 7617",
  },
  "user-agent": {
    what: "Which browser this is.",
    why: "Nothing of the handshake hangs on it.",
    source: "RFC 9110 §10.1.5",
  },
  "accept-encoding": {
    what: "Which compressions of a page it can read.",
    why: "Of no use here: there will be no page.",
    source: "RFC 9110 §12.5.3",
  },
  "accept-language": {
    what: "The languages the person reads.",
    why: "Of no use to the handshake.",
    source: "RFC 9110 §12.5.4",
  },
  "cache-control": {
    what: "Asks caches not to answer.",
    why: "Browsers send it with a handshake: only the server itself can agree to one.",
    source: "RFC 9111 §5.2",
  },
  pragma: { what: "The same, for caches of HTTP/1.0.", why: "Kept for old proxies.", source: "RFC 9111 §5.4" },
};

/** What a line of a request or response is for; undefined for a header that has nothing to do with the handshake. */
export function findWords(line: { readonly name: string | undefined; readonly text: string }): LineWords | undefined {
  if (line.name !== undefined) return headers[line.name.toLowerCase()];
  if (line.text === "") return emptyLine;
  return line.text.startsWith("HTTP/") ? statusLine : requestLine;
}
