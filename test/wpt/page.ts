/** One page of Web Platform Tests in a process of its own, with this repository's `WebSocket`. Prints its results as one line of JSON. */
import dns from "node:dns";
import { runInThisContext } from "node:vm";
import { CloseEvent, WebSocket, WebSocketError, WebSocketStream } from "../../src/engine/index.ts";
import type { WptPorts } from "./handlers.ts";
import { loadFile, readScripts } from "./pages.ts";

/** A subtest as the harness tells of it: status 0 is a pass. */
interface Subtest {
  readonly name: string;
  readonly status: number;
  readonly message: string | null;
}

interface Harness {
  add_completion_callback(listener: (tests: readonly Subtest[], harness: Omit<Subtest, "name">) => void): void;
}

const [checkout = "", file = "", variant = "", portsText = ""] = process.argv.slice(2);
const ports = JSON.parse(portsText) as WptPorts;
const ask = globalThis.fetch;

// remote-close.any.js asks `promise_rejects_js`, and does not await it, about a DOMException: no engine's is a subtype of Error.
process.on("unhandledRejection", (error: Error) => {
  if (!/WebSocketError.* is not an Error subtype/s.test(error.message)) throw error;
});

forbidTheNetwork();
defineGlobals();
for (const [index, script] of readScripts(file, load).entries()) {
  runInThisContext(script, { filename: `${file}#${index}` });
  if (index === 0) report();
}

function load(path: string): string {
  const text = loadFile(checkout, path);
  if (!/\.sub\.|constants\.js|websocket\.js/.test(path)) return text;
  return text
    .replaceAll("{{host}}", "localhost")
    .replaceAll(/\{\{ports\[(\w+)\]\[0\]\}\}/g, (_, name: keyof WptPorts) => String(ports[name]));
}

/** What a page has and Node has not. */
function defineGlobals(): void {
  const isSecure = /wpt_flags=h(?:2|ttps)/.test(variant) || file.includes(".https.");
  const location = new URL(
    `http${isSecure ? "s" : ""}://localhost:${isSecure ? ports.wss : ports.ws}/${file}${variant}`,
  );
  const globals = {
    window: globalThis,
    self: globalThis,
    location,
    WebSocket,
    WebSocketStream,
    WebSocketError,
    CloseEvent,
    Window: globalThis.constructor,
    GLOBAL: { isWindow: () => true, isWorker: () => false, isShadowRealm: () => false },
    fetch: (path: string) => (path.includes(".py?") ? ask(new URL(path, location)) : loadResponse(path)),
  };
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
  }
}

function loadResponse(path: string): Promise<Response> {
  return Promise.resolve(new Response(load(path.replace(/^\//, ""))));
}

function report(): void {
  (globalThis as unknown as Harness).add_completion_callback((tests, { status, message }) => {
    const results = tests.map((test) => ({ name: test.name, status: test.status, message: test.message }));
    process.stdout.write(`${JSON.stringify({ status, message, results })}\n`, () => process.exit());
  });
}

/** Some pages call hosts that do not exist: nobody is asked for them. */
function forbidTheNetwork(): void {
  const lookup = dns.lookup as (host: string, options: object, callback: (error: Error | null) => void) => void;
  dns.lookup = ((host: string, options: object, callback: (error: Error | null) => void) => {
    if (/^(?:.+\.)?localhost$/.test(host)) lookup("127.0.0.1", options, callback);
    else process.nextTick(callback, new Error(`Cannot find ${host}: only this machine may be called`));
  }) as typeof dns.lookup;
}
