/** What a server's process says: the first message is where it listens. */
export type ServerReply =
  | { readonly type: "listening"; readonly port: number }
  | { readonly type: "usage"; readonly cpuMicros: number; readonly rssBytes: number };

/** Makes this process a server under test: says where it listens, and answers for its use of CPU. Ends with the harness. */
export async function serve(listen: () => Promise<number>): Promise<void> {
  process.on("disconnect", () => process.exit(0));
  process.on("message", () => {
    const { user, system } = process.cpuUsage();
    reply({ type: "usage", cpuMicros: user + system, rssBytes: process.memoryUsage.rss() });
  });
  reply({ type: "listening", port: await listen() });
}

function reply(message: ServerReply): void {
  process.send?.(message);
}
