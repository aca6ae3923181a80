import {
  channel,
  createGateway,
  ephemeral,
  event,
  type Gateway,
  type GatewayOptions,
  memoryBroker,
  rpc,
} from "../../src/server/index.ts";
import { onTestFinished } from "vitest";
import { z } from "zod";
import { WireClient } from "../gateway/wire-client.ts";

/** Everybody may enter every room but `secret` ones, which are Ada's. */
const authorize = ({ params, user }: { readonly params: { readonly room: string }; readonly user: { id: string } }) =>
  !params.room.startsWith("secret") || user.id === "ada";

const text = z.object({ text: z.string() });

const channels = {
  chat: channel("chat/:room", {
    events: { message: event(text), typing: ephemeral(z.strictObject({})) },
    calls: { roll: rpc(z.number(), (sides) => sides) },
    presence: true,
    authorize,
  }),
  small: channel("small/:room", { events: { message: event(text) }, limits: { maxSubscriberCount: 1 }, authorize }),
};

/** 32 hexadecimal digits, as a device has. */
export const device = "0123456789abcdef".repeat(2);

const adminKey = "k".repeat(32);

/** A gateway under attack, and what is seen of it from within. */
export interface AttackedGateway {
  readonly gateway: Gateway<typeof channels>;
  readonly url: string;
  readonly port: number;
  readonly adminUrl: string;
  /** With every scope. */
  readonly adminKey: string;
  /** All that was logged, a line of JSON each. */
  readonly logged: readonly string[];
  /** Bytes that wait for their receivers, all connections together. */
  readonly queuedBytes: () => Promise<number>;
  /** Connects as a user, by default one of that name. */
  readonly enter: (name: string) => Promise<WireClient>;
}

/** Starts one that is gone when the test is over. A token is the user's name. */
export async function startAttacked(
  options: Partial<Pick<GatewayOptions<typeof channels>, "authenticate" | "broker" | "limits">> = {},
): Promise<AttackedGateway> {
  const logged: string[] = [];
  const note = (fields: object, message: string): void => void logged.push(JSON.stringify({ ...fields, message }));
  const gateway = createGateway({
    channels,
    broker: memoryBroker(),
    authenticate: ({ device: id, token }) => ({ id: token ?? id }),
    log: { info: note, warn: note, error: note },
    ...options,
  });
  onTestFinished(() => gateway.close({ graceMs: 1 }));
  const { port, url } = await gateway.listen({ port: 0 });
  const keys = [{ key: adminKey, scopes: ["read", "publish", "admin"] as const }];
  const { url: adminUrl } = await gateway.listenAdmin({ port: 0, keys });
  return {
    gateway,
    url,
    port,
    adminUrl,
    adminKey,
    logged,
    async queuedBytes() {
      const stats = await fetch(`${adminUrl}/v1/stats`, { headers: { Authorization: `Bearer ${adminKey}` } });
      return ((await stats.json()) as { readonly queuedBytes: number }).queuedBytes;
    },
    enter: (name) => WireClient.join(url, device, name),
  };
}
