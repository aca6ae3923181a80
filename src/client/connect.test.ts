import { afterEach, describe, expect, test, vi } from "vitest";
import { hello, user } from "../../test/client-bench.ts";
import { FakeSocket, line, start, turn } from "../../test/client-world.ts";
import { type ClientError, type ClientStateInfo, connect } from "./index.ts";

afterEach(() => {
  FakeSocket.all = [];
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("connect", () => {
  test("[CC2] it dials at once with our subprotocol, and tells its state, now and at each change", () => {
    const { client, socket } = start();
    const states: ClientStateInfo["state"][] = [];
    const end = client.onState(({ state }) => states.push(state));
    expect([socket.url, socket.protocols]).toEqual(["ws://a.example/ws", ["switchboard.v1+json"]]);
    expect([client.state, client.user, client.durability]).toEqual(["connecting", undefined, undefined]);
    socket.open();
    expect([client.state, client.user, client.durability]).toEqual(["open", user, "fsync"]);
    socket.lose();
    end();
    line().lose();
    expect(states).toEqual(["connecting", "open", "waiting"]);
  });

  test("[CC2] a token may be a text, or be fetched for each line", async () => {
    start({ token: "fixed" }).socket.say(hello);
    expect(line().ops[0]).toMatchObject({ token: "fixed" });
    let count = 0;
    const { clock, socket } = start({ token: () => `t${(count += 1)}` });
    socket.say(hello);
    expect(socket.ops).toEqual([]);
    await turn();
    expect(socket.ops[0]).toMatchObject({ type: "auth", token: "t1" });
    socket.lose();
    clock.pass(250);
    line().say(hello);
    await turn();
    expect(line().ops[0]).toMatchObject({ token: "t2" });
  });

  test("[AU10] the token is fetched again when it is about to expire; a fixed one is not sent again", async () => {
    let count = 0;
    const { socket } = start({ token: () => `t${(count += 1)}` });
    await turn();
    socket.open();
    socket.say({ type: "expiring", expiresInMs: 60_000 });
    await turn();
    expect(socket.ops.at(-1)).toMatchObject({ type: "refresh", token: "t2" });
    const fixed = start({ token: "fixed" }).socket.open();
    fixed.say({ type: "expiring", expiresInMs: 60_000 });
    await turn();
    expect(fixed.ops.map(({ type }) => type)).toEqual(["auth"]);
  });

  test("[CC2] a token that cannot be fetched is reported, and tried again with the next line", async () => {
    const { client, socket } = start({ token: () => Promise.reject(new Error("offline")) });
    const errors: ClientError[] = [];
    client.onError((error) => errors.push(error));
    await turn();
    expect(errors).toMatchObject([{ code: "SETUP", message: "Cannot get a token: Error: offline" }]);
    expect([client.state, socket.closedWith]).toEqual(["waiting", [undefined]]);
  });

  test("[CC2] a token that comes after its line broke is not used for the next", async () => {
    const answers: ((token: string) => void)[] = [];
    const { clock, socket } = start({ token: () => new Promise((resolve) => answers.push(resolve)) });
    await turn();
    socket.lose();
    answers[0]?.("old");
    await turn();
    clock.pass(250);
    await turn();
    line().say(hello);
    expect(line().ops).toEqual([]);
    answers[1]?.("new");
    await turn();
    expect(line().ops[0]).toMatchObject({ token: "new" });
  });

  test("[CC6] a line that is given up is closed, and what it still says is not heard", () => {
    const { client, clock, socket } = start();
    clock.pass(10_000);
    expect([client.state, socket.closedWith]).toEqual(["waiting", [undefined]]);
    socket.open();
    socket.lose(4500);
    expect(client.state).toBe("waiting");
    clock.pass(250);
    line().open();
    expect(client.state).toBe("open");
  });

  test("[CC6] signs of life set no timer each, and the timer that is there finds a silent line", () => {
    const { client, clock, socket } = start();
    socket.open();
    for (let count = 0; count < 10; count += 1) {
      clock.pass(1000);
      socket.say({ type: "ping" });
      expect(clock.timerCount).toBe(1);
    }
    for (const ms of [39_999, 1]) clock.pass(ms);
    expect(client.state).toBe("waiting");
  });

  test("[CC7] where the platform tells that it is back online, a wait ends", async () => {
    const listeners = new Map<string, () => void>();
    vi.stubGlobal("addEventListener", (type: string, listener: () => void) => listeners.set(type, listener));
    vi.stubGlobal("removeEventListener", (type: string) => listeners.delete(type));
    const { client, socket } = start();
    socket.lose();
    listeners.get("online")?.();
    expect([FakeSocket.all.length, client.state]).toEqual([2, "connecting"]);
    const closing = client.close();
    line().lose(1000);
    await closing;
    expect(listeners.size).toBe(0);
  });

  test("[CC7] a page that is shown again does not wait either; one that is hidden does", async () => {
    const page = Object.assign(new EventTarget(), { visibilityState: "hidden" });
    vi.stubGlobal("document", page);
    const { client, socket } = start();
    socket.lose();
    page.dispatchEvent(new Event("visibilitychange"));
    expect([FakeSocket.all.length, client.state]).toEqual([1, "waiting"]);
    page.visibilityState = "visible";
    page.dispatchEvent(new Event("visibilitychange"));
    expect([FakeSocket.all.length, client.state]).toEqual([2, "connecting"]);
    const removed = vi.spyOn(page, "removeEventListener");
    const closing = client.close();
    line().lose(1000);
    await closing;
    expect(removed).toHaveBeenCalledTimes(1);
  });

  test("[CC21] close() says 1000 and resolves when the socket is closed, or after 5 s; again it is the same", async () => {
    const { client, socket } = start();
    socket.open();
    const room = client.chat({ room: "1" });
    const closing = client.close();
    expect([client.close(), socket.closedWith, client.state, room.status]).toEqual([closing, [1000], "closed", "left"]);
    socket.lose(1000);
    await closing;
    const silent = start();
    silent.socket.open();
    const timingOut = silent.client.close();
    silent.clock.pass(5000);
    await timingOut;
    expect(silent.clock.timerCount).toBe(0);
  });

  test("[CC21] close() between two lines resolves at once, and no line follows", async () => {
    const { client, clock, socket } = start();
    socket.lose();
    await client.close();
    clock.pass(100_000);
    expect(FakeSocket.all).toHaveLength(1);
  });

  test("[CC22] what no promise tells goes to onError, or to the console", () => {
    const log = vi.spyOn(console, "error").mockReturnValue();
    const { client, socket } = start();
    socket.open();
    socket.say({ type: "event" });
    expect(log).toHaveBeenCalledOnce();
    const errors: ClientError[] = [];
    client.onError((error) => errors.push(error));
    client.onError(() => {
      throw new Error("even this");
    });
    client.onState(({ state }) => {
      if (state === "waiting") throw new Error("not ready");
    });
    socket.lose();
    expect(errors).toMatchObject([{ code: "LISTENER", message: "A listener threw: Error: not ready" }]);
    expect(errors[0]?.cause).toEqual(new Error("not ready"));
    expect(log).toHaveBeenCalledTimes(2);
  });

  test("[CC23] without a WebSocket it says where one is", () => {
    vi.stubGlobal("WebSocket", undefined);
    expect(() => connect("ws://a.example")).toThrow(
      /^Cannot connect: there is no WebSocket here; import "switchboard\/client"/,
    );
    vi.stubGlobal("WebSocket", FakeSocket);
    vi.stubGlobal("location", { href: "https://page.example/" });
    connect("/ws");
    expect(line().url).toBe("wss://page.example/ws");
  });
});
