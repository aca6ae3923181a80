/** The lines that make a proxy pass WebSockets on. */
import type { ConfigurationLines } from "./inspection.ts";

/** Passes `Upgrade` on: nginx does not by itself, HAProxy does unless it is told otherwise, and needs a place to go. */
export function upgradeLines(path: string): readonly ConfigurationLines[] {
  return [
    {
      program: "nginx",
      text: `location ${locationOf(path)} {
    proxy_pass http://127.0.0.1:8080;
    proxy_http_version 1.1;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection "upgrade";
    proxy_set_header Host $host;
    proxy_read_timeout 1h;
}`,
    },
    {
      program: "HAProxy",
      text: `frontend web
    use_backend websocket if { hdr(Upgrade) -i websocket }
backend websocket
    timeout tunnel 1h
    server app 127.0.0.1:8080`,
    },
  ];
}

/** nginx matches a path that is decoded, and takes one with a space or a `;` in quotes only. */
function locationOf(path: string): string {
  if (/^[\w\-./~]+$/.test(path)) return path;
  let decoded = path;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    // It is no UTF-8: as it is.
  }
  return `"${decoded.replaceAll(/["\\]/g, "\\$&")}"`;
}

/** Hands the browser's origin and host on as they are. */
export const originLines: readonly ConfigurationLines[] = [
  { program: "nginx", text: "proxy_set_header Host $host;\nproxy_set_header Origin $http_origin;" },
  { program: "HAProxy", text: "# remove: http-request set-header Host ...\n# remove: http-request del-header Origin" },
];

/** Hands `Authorization` on as it is. */
export const authorizationLines: readonly ConfigurationLines[] = [
  { program: "nginx", text: "proxy_set_header Authorization $http_authorization;" },
  { program: "HAProxy", text: "# remove: http-request del-header Authorization" },
];

/** Sends the whole chain of certificates. */
export const certificateLines: readonly ConfigurationLines[] = [
  {
    program: "nginx",
    text: "ssl_certificate     /etc/ssl/fullchain.pem;\nssl_certificate_key /etc/ssl/privkey.pem;",
  },
  { program: "HAProxy", text: "bind :443 ssl crt /etc/haproxy/certificates/" },
];

/** Ends TLS at the proxy. */
export const tlsLines: readonly ConfigurationLines[] = [
  {
    program: "nginx",
    text: "listen 443 ssl;\nssl_certificate     /etc/ssl/fullchain.pem;\nssl_certificate_key /etc/ssl/privkey.pem;",
  },
  { program: "HAProxy", text: "bind :443 ssl crt /etc/haproxy/certificates/" },
];

/** HTTP/2 in front of a WebSocket server: HAProxy knows RFC 8441, nginx does not. */
export const http2Lines: readonly ConfigurationLines[] = [
  { program: "nginx", text: "# nginx has no extended CONNECT: WebSockets take HTTP/1.1 there" },
  {
    program: "HAProxy",
    text: "# 2.4 or newer\nbind :443 ssl crt /etc/haproxy/certificates/ alpn h2,http/1.1",
  },
];
