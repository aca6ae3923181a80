/** Who uses `ws`, and what each is made to do. */

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

/** What is installed for each replacement; without overrides the real `ws` comes along. */
export const dependencies: Readonly<Record<Replacement, Readonly<Record<string, string>>>> = {
  overrides: {
    "@fastify/websocket": "11.3.6",
    "@trpc/client": "11.25.2",
    "@trpc/server": "11.25.2",
    "@y/websocket-server": "0.1.1",
    aedes: "0.51.3",
    fastify: "5.12.8",
    graphql: "16.15.0",
    "graphql-ws": "6.4.2",
    mqtt: "5.16.0",
    "puppeteer-core": "24.43.1",
    "socket.io": "4.8.4",
    "socket.io-client": "4.8.4",
    "y-websocket": "3.1.0",
    yjs: "13.6.33",
  },
  engine: { "socket.io": "4.8.4", "socket.io-client": "4.8.4" },
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
