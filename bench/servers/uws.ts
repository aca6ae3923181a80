import uws from "uwebsockets";
import { serve } from "../serve.ts";

const isDeflated = process.argv.includes("--deflate");
const compression = isDeflated ? uws.SHARED_COMPRESSOR : uws.DISABLED;
const options = { maxPayloadLength: 16 * 2 ** 20, maxBackpressure: 64 * 2 ** 20, compression };
const app = uws.App();

app.ws("/sub", { ...options, open: (socket) => void socket.subscribe("all") });
app.ws("/pub", {
  ...options,
  message: (_socket, data, isBinary) => void app.publish("all", data, isBinary, isDeflated),
});
app.ws("/*", { ...options, message: (socket, data, isBinary) => void socket.send(data, isBinary, isDeflated) });

await serve(
  () =>
    new Promise((resolve) => {
      app.listen("127.0.0.1", 0, (listening) => resolve(listening === false ? 0 : uws.us_socket_local_port(listening)));
    }),
);
