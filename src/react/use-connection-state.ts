import type { ClientStateInfo } from "../client/index.ts";
import { type ClientLike, useClient } from "./provider.ts";
import { Store, useStore } from "./store.ts";

const connecting: ClientStateInfo = { state: "connecting" };
const stores: WeakMap<ClientLike, Store<ClientStateInfo>> = new WeakMap();
const none: Store<ClientStateInfo> = new Store(connecting, () => () => {});

/** Where the client stands, for people to see; `connecting` on a server. */
export function useConnectionState(): ClientStateInfo {
  const client = useClient();
  return useStore(client === undefined ? none : storeOf(client));
}

function storeOf(client: ClientLike): Store<ClientStateInfo> {
  let store = stores.get(client);
  if (store === undefined) {
    store = new Store(connecting, (own) => client.onState((info) => own.set(info)));
    stores.set(client, store);
  }
  return store;
}
