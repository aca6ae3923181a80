import { Command } from "commander";
import { createColors } from "picocolors";
import { Lab } from "./lab/lab.ts";
import { closeServer, createPageServer, listen, type ListenOptions } from "./page-server.ts";
import { parsePort, variable } from "./serve-command.ts";
import { pagesFolder, servePages } from "./static.ts";

interface LabFlags {
  readonly port: number;
  readonly host: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

const examples = `
Examples:
  switchboard lab                      at http://127.0.0.1:8090/lab/
  switchboard lab --host ::            for every machine that reaches this one
  switchboard lab --tls-cert c.pem --tls-key k.pem   the handshake within TLS

Open the page: it shows your own browser's handshake with this server, byte by
byte, and lets you break it. Nothing is stored. Exit codes: 0 stopped by a
signal, 1 cannot start, 2 wrong usage.`;

/** Makes `switchboard lab`. */
export function createLabCommand(): Command {
  return new Command("lab")
    .description("serve the handshake lab: watch a WebSocket open, byte by byte, and break it")
    .addOption(
      variable("--port <number>", "PORT", "port to listen on, 0 for any that is free")
        .default(8090)
        .argParser(parsePort),
    )
    .addOption(variable("--host <address>", "HOST", "address to listen on").default("127.0.0.1"))
    .addOption(variable("--tls-cert <file>", "TLS_CERT", "certificate in PEM: serve https and wss"))
    .addOption(variable("--tls-key <file>", "TLS_KEY", "the certificate's key in PEM"))
    .addHelpText("after", examples)
    .action(runLab);
}

async function runLab({ host, port, tlsCert, tlsKey }: LabFlags, command: Command): Promise<void> {
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    command.error("error: --tls-cert and --tls-key belong together", { exitCode: 2 });
  }
  const tls = tlsCert === undefined || tlsKey === undefined ? undefined : { cert: tlsCert, key: tlsKey };
  const { url, close } = await serveLab({ host, port, tls });
  const { bold, cyan, dim } = createColors(process.stdout.isTTY && !process.env["NO_COLOR"]);
  process.stdout.write(`\n  ${bold("The handshake lab")} is open at ${cyan(url)}\n  ${dim("Ctrl-C to stop")}\n\n`);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void close());
}

/** A lab that runs. */
export interface ServedLab {
  /** Of its page. */
  readonly url: string;
  close(): Promise<void>;
}

/** Serves the lab alone: its page at `/lab/`, its connections at `/lab/line`. @throws {StartError} for the address or certificate. */
export async function serveLab(options: ListenOptions): Promise<ServedLab> {
  const servePage = servePages(pagesFolder);
  const server = createPageServer(options.tls, (request, response) => {
    if (request.url === "/") response.writeHead(302, { Location: "/lab/" }).end();
    else if (!lab.handle(request, response)) servePage(request, response);
  });
  const lab = new Lab(server);
  const url = await listen(server, options);
  return {
    url: `${url}lab/`,
    async close() {
      lab.close();
      await closeServer(server);
    },
  };
}
