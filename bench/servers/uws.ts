import uws from "uwebsockets";
import { serve } from "../serve.ts";

const limits = { maxPayloadLength: 16 * 2 ** 20, maxBackpressure: 64 * 2 ** 20, compression: uws.DISABLED };
const app = uws.App();

app.ws("/sub", { ...limits, open: (socket) => void socket.subscribe("all") });
app.ws("/pub", { ...limits, message: (_socket, data, isBinary) => void app.publish("all", data, isBinary) });
app.ws("/*", { ...limits, message: (socket, data, isBinary) => void socket.send(data, isBinary) });

await serve(
  () =>
    new Promise((resolve) => {
      app.listen("127.0.0.1", 0, (listening) => resolve(listening === false ? 0 : uws.us_socket_local_port(listening)));
    }),
);
