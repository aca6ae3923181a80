import { connect } from "node:net";

/** Whether a connection is taken at a port of this machine now; waits a moment when it is not, as a refusal comes at once. */
export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    // What does not say when it listens can only be asked again.
    socket.once("error", () => setTimeout(() => resolve(false), 20));
  });
}
