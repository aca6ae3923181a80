import {
  createContext,
  createElement,
  type Context,
  type FunctionComponentElement,
  type ProviderProps,
  type ReactNode,
  useContext,
  useState,
} from "react";
import type { ClientControls } from "../client/index.ts";
import { Store, useStore } from "./store.ts";

/** A client of any gateway. */
export type ClientLike = Omit<ClientControls, "onRoom">;

/** Either a client, or how to make one. */
export interface SwitchboardProviderProps {
  /**
   * The client that the hooks below use: its owner closes it. Or a function that connects: it is called in the browser only, when
   * the provider is mounted, and its client is closed when the provider is gone. Another function changes nothing; another `key` does.
   */
  readonly client: ClientLike | (() => ClientLike);
  readonly children?: ReactNode;
}

/** The client, once there is one. `null`: there is no provider. */
const ClientContext: Context<ClientLike | undefined | null> = createContext<ClientLike | undefined | null>(null);

/** Gives the hooks of its children their client. */
export function SwitchboardProvider({
  client,
  children,
}: SwitchboardProviderProps): FunctionComponentElement<ProviderProps<ClientLike | undefined | null>> {
  const [made] = useState(() => new Store<ClientLike | undefined>(undefined, (store) => begin(store, client)));
  const own = useStore(made);
  return createElement(ClientContext.Provider, { value: typeof client === "function" ? own : client }, children);
}

function begin(store: Store<ClientLike | undefined>, client: ClientLike | (() => ClientLike)): () => void {
  if (typeof client !== "function") return () => {};
  const made = client();
  store.set(made);
  return () => {
    store.set(undefined);
    void made.close();
  };
}

/**
 * The client of the nearest provider; undefined on a server, and until a provider that makes its own has done so.
 *
 * @throws {Error} if there is no provider.
 */
export function useClient<Client extends ClientLike = ClientLike>(): Client | undefined {
  const client = useContext(ClientContext);
  if (client === null) throw new Error("Cannot find a client: there is no <SwitchboardProvider> above this component");
  return client as Client | undefined; // which gateway it is of, the types have from the application
}
