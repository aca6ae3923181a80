import { connect as connectTcp, isIP, type NetConnectOpts, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions as TlsOptions } from "node:tls";
import { networkError, waitFor } from "./attempt.ts";

/** Where to connect to, and how. */
export interface SocketTarget {
  /** The place: host and port, a path, or a socket to run TLS on. */
  readonly to:
    | { readonly host: string; readonly port: number }
    | { readonly path: string }
    | { readonly socket: Socket };
  /** The name the certificate must be for. */
  readonly hostname: string;
  /** Undefined for a socket without TLS. */
  readonly tls: TlsOptions | undefined;
  readonly allowHalfOpen: boolean;
}

/**
 * Opens a client's socket, and waits until it is connected and secure.
 *
 * @throws {HandshakeError} `ERR_NETWORK`, or the `signal`'s reason; then no socket is left.
 */
export async function openSocket(target: SocketTarget, signal: AbortSignal): Promise<Socket> {
  const { to, hostname, tls, allowHalfOpen } = target;
  // RFC 6066 §3 has no addresses as server names.
  const servername = isIP(hostname) === 0 ? { servername: hostname } : {};
  const options = { ...servername, ...tls, ...to, allowHalfOpen };
  // A socket to run on comes with TLS only; and the types of `tls.connect` do not know allowHalfOpen.
  const socket = tls === undefined ? connectTcp(options as NetConnectOpts) : connectTls(options as TlsOptions);
  socket.on("error", doNothing); // told by whoever listens besides; without any it would end the process
  socket.setNoDelay(true);
  try {
    return await waitFor<Socket>(signal, (resolve, reject) => {
      const event = tls === undefined ? "connect" : "secureConnect";
      const succeed = (): void => resolve(socket);
      const fail = (error: Error): void => reject(networkError(error.message, error));
      socket.on(event, succeed).on("error", fail);
      return () => socket.off(event, succeed).off("error", fail);
    });
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function doNothing(): void {}
