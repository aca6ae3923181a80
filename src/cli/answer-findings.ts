/** What is wrong with an answer to the handshake, and what to change. */
import { STATUS_CODES } from "node:http";
import type { Header } from "../engine/index.ts";
import { authorizationLines, originLines, upgradeLines } from "./configuration-lines.ts";
import type { Finding } from "./inspection.ts";
import { errorFinding } from "./network-findings.ts";
import { tlsServerFinding } from "./switch-findings.ts";

/** A request and the answer that did not open a connection. */
export interface RefusedAnswer {
  readonly status: number;
  readonly headers: readonly Header[];
  readonly body: string;
  readonly url: URL;
  readonly origin: string | undefined;
  readonly hasAuthorization: boolean;
}

const redirectStatuses: readonly number[] = [301, 302, 303, 307, 308];
/** What a proxy says for a server that it cannot use. */
const gatewayStatuses: readonly number[] = [502, 503, 504];

/** Why there is no connection, from a status that is not 101, or 200 on HTTP/2. */
export function refusalFinding(answer: RefusedAnswer): Finding {
  const { status, url } = answer;
  const said = `${status} ${STATUS_CODES[status] ?? ""}`.trim();
  if (redirectStatuses.includes(status)) return redirectFinding(answer, said);
  if (gatewayStatuses.includes(status)) return gatewayFinding(answer, said);
  switch (status) {
    case 401:
      return unauthorizedFinding(answer, said);
    case 403:
      return forbiddenFinding(answer, said);
    case 404:
    case 410:
      return errorFinding(
        "not-found",
        `The server answered ${said}: it has no WebSocket at ${url.pathname}`,
        "Check the path; behind a proxy, check that this path leads to the WebSocket server and is not rewritten",
        upgradeLines(url.pathname),
      );
    case 407:
      return errorFinding(
        "proxy-authentication",
        `A proxy answered ${said}: it lets nobody through without a password`,
        'Give the proxy its credentials with -H "Proxy-Authorization: Basic ...", or go around it; wss:// passes most proxies',
      );
    case 429:
      return errorFinding(
        "rate-limited",
        `The server answered ${said}: too many connections or attempts from here`,
        waitRemedy(answer),
      );
    default:
      return statusFinding(answer, said);
  }
}

function gatewayFinding({ url }: RefusedAnswer, said: string): Finding {
  return errorFinding(
    "bad-gateway",
    `A proxy answered ${said}: the WebSocket server behind it does not answer`,
    "Start the server behind the proxy, and check the address and port that the proxy has for it",
    upgradeLines(url.pathname),
  );
}

function statusFinding(answer: RefusedAnswer, said: string): Finding {
  const { status, url, body } = answer;
  if (status === 400 && /HTTP request (?:was sent )?to (?:an )?HTTPS/i.test(body)) return tlsServerFinding(url.host);
  const versions = findHeader(answer, "sec-websocket-version");
  if ((status === 426 || status === 400) && versions !== undefined && !/\b13\b/.test(versions)) {
    return errorFinding(
      "version",
      `The server answered ${said}: it speaks version ${versions} of the protocol, and not 13`,
      "Update the server: 13 is the version of RFC 6455 (2011), and the only one that browsers speak",
    );
  }
  if (status >= 200 && status < 300) {
    return errorFinding(
      "not-switched",
      `The server answered ${said} and not 101: it took the handshake for an ordinary request`,
      "A proxy may have taken Upgrade and Connection away, or this path may be a page's: let the proxy pass them on, or correct the path",
      upgradeLines(url.pathname),
    );
  }
  if (status === 426 || (status === 400 && /upgrade|websocket/i.test(body))) {
    return errorFinding(
      "upgrade-lost",
      `The server answered ${said}: no upgrade to WebSocket has reached it, though one was sent`,
      "A proxy on the way takes Upgrade and Connection away: let it pass them on, and speak HTTP/1.1 to the server",
      upgradeLines(url.pathname),
    );
  }
  return errorFinding(
    "refused",
    `The server answered ${said}, not 101`,
    status >= 500
      ? "The server failed: read its log"
      : "The server refuses the handshake: the answer's body may say why",
  );
}

function redirectFinding(answer: RefusedAnswer, said: string): Finding {
  const location = findHeader(answer, "location");
  if (location === undefined || !URL.canParse(location, answer.url.href.replace(/^ws/, "http"))) {
    return errorFinding(
      "redirect",
      `The server answered ${said} without saying where to`,
      "Correct the server: a redirect has a Location",
    );
  }
  const to = new URL(location, answer.url.href.replace(/^ws/, "http"));
  to.protocol = to.protocol.replace(/^http/, "ws");
  const isLogin = /log-?in|sign-?in|auth|sso/i.test(to.pathname);
  return errorFinding(
    "redirect",
    `The server answered ${said} and points to ${to.href}: browsers do not follow a redirect of a WebSocket`,
    isLogin
      ? 'It wants you to be logged in: send the session\'s cookie with -H "Cookie: ...", or a token'
      : `Use ${to.href} in the first place, or leave the redirect out for this path`,
  );
}

function unauthorizedFinding(answer: RefusedAnswer, said: string): Finding {
  const scheme = /^\w+/.exec(findHeader(answer, "www-authenticate") ?? "")?.[0];
  if (answer.hasAuthorization) {
    return errorFinding(
      "unauthorized",
      `The server answered ${said}: it does not accept the credentials that were sent`,
      "Check the credentials and whether they have expired; behind a proxy, check that it hands Authorization on",
      authorizationLines,
    );
  }
  return errorFinding(
    "unauthorized",
    `The server answered ${said}: it wants to know who you are`,
    scheme?.toLowerCase() === "basic"
      ? "Give --auth user:password"
      : 'Give -H "Authorization: ..." or -H "Cookie: ..."; a browser can send a cookie, or a token in the subprotocol or the URL',
  );
}

function forbiddenFinding({ origin, url, body }: RefusedAnswer, said: string): Finding {
  if (origin !== undefined) {
    return errorFinding(
      "forbidden-origin",
      `The server answered ${said}: it does not take connections from pages of ${origin}`,
      `Add ${origin} to the origins that the server allows; behind a proxy, check that Origin and Host arrive as they were sent`,
      originLines,
    );
  }
  return errorFinding(
    /origin/i.test(body) ? "forbidden-origin" : "forbidden",
    `The server answered ${said}`,
    `It may want an Origin, as browsers send one: give --origin ${url.origin.replace(/^ws/, "http")}; or it wants a cookie or a token: give -H`,
  );
}

function waitRemedy(answer: RefusedAnswer): string {
  const after = findHeader(answer, "retry-after");
  const wait = after === undefined ? "Wait" : `Wait ${/^\d+$/.test(after) ? `${after} s` : `until ${after}`}`;
  return `${wait}, and let clients wait longer and longer, with chance in it, before they connect again`;
}

function findHeader({ headers }: RefusedAnswer, wanted: string): string | undefined {
  return headers.find(([name]) => name.toLowerCase() === wanted)?.[1];
}
