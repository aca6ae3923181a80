import { createHash, randomUUID } from "node:crypto";
import type { AddressInfo } from "node:net";
import { createGateway } from "switchboard";
import { connect } from "switchboard/client";
import { isSecure, serve } from "../serve.ts";
import { documentChannel, type EditorGateway, keeperId, maxDataBytes } from "./channels.ts";
import { Keeper } from "./keeper.ts";

const keeperToken = randomUUID();
const maxCount = Number(process.env["KEPT_ENTRIES"] ?? 10_000);
let port = 0;

const keeper = new Keeper(
  () => connect<EditorGateway>(`${isSecure ? "wss" : "ws"}://127.0.0.1:${port}/ws`, { token: keeperToken }),
  Number(process.env["SNAPSHOT_EVERY"] ?? 200),
);

const gateway = createGateway({
  channels: { doc: documentChannel({ onUpdate: (name) => keeper.count(name), maxCount }) }, // the log is in data/switchboard.db
  limits: { maxMessageBytes: 2 * maxDataBytes, maxPageBytes: 2 * maxDataBytes },
  authenticate({ token, device }) {
    if (token === keeperToken) return { id: keeperId };
    const id = createHash("sha256").update(device).digest("hex").slice(0, 16); // the device's secret stays here
    return { id, name: token?.slice(0, 40) ?? "Guest" };
  },
});

await serve({
  title: "The editor",
  folder: import.meta.dirname,
  async attach(server) {
    server.once("listening", () => (port = (server.address() as AddressInfo).port));
    await gateway.attach(server, { path: "/ws" });
  },
  async close() {
    await keeper.close();
    await gateway.close();
  },
});
