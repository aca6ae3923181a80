import { expect, expectTypeOf, test } from "vitest";
import {
  accept,
  createWebSocketServer,
  reject,
  type ServerSocket,
  type UpgradeRequest,
  type WebSocketServer,
} from "./index.ts";

test("[EN6] the data of accept is the type of socket.data in every handler, with a synchronous upgrade or a promise", () => {
  const member = createWebSocketServer({
    upgrade: (request) => (request.query.has("name") ? accept({ data: { name: "Ada" } }) : reject(401)),
    message(socket, data) {
      expectTypeOf(socket.data).toEqualTypeOf<{ name: string }>();
      expectTypeOf(data).toEqualTypeOf<string | Uint8Array>();
    },
  });
  expectTypeOf(member).toEqualTypeOf<WebSocketServer<{ name: string }>>();
  const numbered = createWebSocketServer({
    async upgrade() {
      return accept({ data: 7 });
    },
    close: (socket) => expectTypeOf(socket.data).toBeNumber(),
  });
  expectTypeOf(numbered).toEqualTypeOf<WebSocketServer<number>>();
  const plain = createWebSocketServer({ open: (socket) => expectTypeOf(socket).toEqualTypeOf<ServerSocket>() });
  expectTypeOf(plain).toEqualTypeOf<WebSocketServer>();
  // @ts-expect-error -- without upgrade nobody would make the data
  createWebSocketServer<{ name: string }>({});
  // @ts-expect-error -- data is what accept was given
  createWebSocketServer<{ name: string }>({ upgrade: (_request: UpgradeRequest) => accept({ data: { name: 1 } }) });
  expect(member.sockets.size + numbered.sockets.size + plain.sockets.size).toBe(0);
});
