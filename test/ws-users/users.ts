/** Who uses `ws`, and what each is made to do. */
import { readFileSync } from "node:fs";

/** How a library comes to `switchboard/ws`: all of `ws` is replaced, or it is handed the class. */
export type Replacement = "overrides" | "engine";

/** One program with one library. */
export interface User {
  readonly title: string;
  /** The package whose version is told. */
  readonly name: string;
  readonly replacement: Replacement;
  /** A file of `programs/`. */
  readonly program: string;
  readonly arguments: readonly string[];
  readonly needsChromium: boolean;
}

/** Those that examples/drop-in shows in a page, in the versions that it does. */
const { dependencies: shown } = JSON.parse(
  readFileSync(new URL("../../examples/drop-in/package.json", import.meta.url), "utf8"),
) as { readonly dependencies: Readonly<Record<string, string>> };
const { switchboard: _ours, ...libraries } = shown;

/** What is installed for each replacement; without overrides the real `ws` comes along. */
export const dependencies: Readonly<Record<Replacement, Readonly<Record<string, string>>>> = {
  overrides: {
    ...libraries,
    "@fastify/websocket": "11.3.6",
    aedes: "0.51.3",
    fastify: "5.12.8",
    mqtt: "5.16.0",
    "puppeteer-core": "24.43.1",
  },
  engine: pick("socket.io", "socket.io-client"),
};

const bothTransports = { transports: ["polling", "websocket"] };
const compressed = { transports: ["websocket"], perMessageDeflate: { threshold: 100 } };

/** In the order of the table. */
export const users: readonly User[] = [
  socketIo("Socket.IO, polling and then WebSocket", bothTransports, "overrides"),
  socketIo("Socket.IO, with perMessageDeflate", compressed, "overrides"),
  socketIo("Socket.IO, its wsEngine alone", bothTransports, "engine"),
  socketIo("Socket.IO, its wsEngine alone, with perMessageDeflate", compressed, "engine"),
  user("graphql-ws", "graphql-ws"),
  user("tRPC", "@trpc/server", "trpc"),
  user("y-websocket", "y-websocket"),
  user("@fastify/websocket", "@fastify/websocket", "fastify-websocket"),
  user("MQTT.js and aedes", "mqtt"),
  { ...user("puppeteer-core", "puppeteer-core"), needsChromium: true },
];

function user(title: string, name: string, program: string = name): User {
  return { title, name, replacement: "overrides", program: `${program}.mjs`, arguments: [], needsChromium: false };
}

function socketIo(title: string, options: object, replacement: Replacement): User {
  const program = "socket-io";
  return { ...user(title, "socket.io", program), replacement, arguments: [JSON.stringify(options), replacement] };
}

function pick(...names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(libraries).filter(([name]) => names.includes(name)));
}
