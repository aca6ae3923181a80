import { createWebSocketServer, prepareMessage } from "switchboard/engine";
import { serve } from "../serve.ts";

const server = createWebSocketServer({
  compression: {},
  message(_socket, data) {
    const message = prepareMessage(data);
    for (const receiver of server.sockets) receiver.send(message);
  },
});

await serve(async () => (await server.listen({ port: 0 })).port);
