/** What `--broker` takes: the schemes of stores that nodes share, and the names of those they do not. */
const schemes: readonly string[] = ["redis:", "rediss:", "nats:", "tls:"];

/** Whether there is a broker for a URL of that scheme. */
export function isBrokerUrl(text: string): boolean {
  return URL.canParse(text) && schemes.includes(new URL(text).protocol);
}

/** `sqlite`: the file of the data folder. `memory`: nothing is kept. */
export const localBrokers: readonly string[] = ["sqlite", "memory"];
