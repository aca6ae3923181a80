import { useEffect, useMemo } from "react";
import type { Client, HasChannels, Room, RoomOptions } from "../client/index.ts";
import { useClient } from "./provider.ts";
import type { ChannelName, RegisteredGateway } from "./register.ts";
import { RoomFacade } from "./room-facade.ts";
import { keyOf } from "./room-lease.ts";

/** What a channel's function on the client takes: `(params, options)`, without parameters `(params?, options?)`. */
type RoomArguments<Gateway extends HasChannels, Name extends ChannelName<Gateway>> = Parameters<Client<Gateway>[Name]>;

/**
 * The room of these parameters, subscribed while a component that uses it is mounted, and until what it sent is stored. Several
 * components that use the same room share one subscription; the options of the first count. The same parameters give the same object.
 *
 * @example
 * const room = useRoom("chat", { room: "general" });
 */
export function useRoom<Name extends ChannelName<Gateway>, Gateway extends HasChannels = RegisteredGateway>(
  channel: Name,
  ...[params = {}, options = {}]: RoomArguments<Gateway, Name>
): Room<Gateway["channels"][Name]> {
  const client = useClient();
  const given: Readonly<Record<string, string>> = params;
  const key = keyOf({ channel, params: given });
  const facade = useMemo(
    () => new RoomFacade(client, { channel, params: given, options: options as RoomOptions }),
    // The parameters are what `key` says, and options count for the first only.
    [client, key],
  );
  useEffect(() => facade.hold(), [facade]);
  return facade.room as unknown as Room<Gateway["channels"][Name]>; // `channel` is the one of this type
}
