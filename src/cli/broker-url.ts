import { type Broker, jetStreamBroker, redisBroker } from "../server/index.ts";

const makers: Readonly<Record<string, (url: string) => Broker>> = {
  "redis:": (url) => redisBroker({ url }),
  "rediss:": (url) => redisBroker({ url }),
  "nats:": (url) => jetStreamBroker({ url }),
  "tls:": (url) => jetStreamBroker({ url }),
};

/** The broker of a URL that `isBrokerUrl`. */
export function brokerOf(url: string): Broker {
  const make = makers[new URL(url).protocol];
  if (make === undefined) throw new TypeError("Cannot use this as a broker: its scheme is none of ours");
  return make(url);
}
