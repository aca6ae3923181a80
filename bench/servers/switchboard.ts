import { createWebSocketServer } from "switchboard/engine";
import { serve } from "../serve.ts";

const server = createWebSocketServer({
  message(socket, data) {
    socket.send(data);
  },
});

await serve(async () => (await server.listen({ port: 0 })).port);
