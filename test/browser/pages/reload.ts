/** Keeps in its storage, for the next page, the number of each message it is told. */
import { connect, type HasChannels, pageMemory } from "../../../src/client/index.ts";
import type { ChannelDefinition, EventDefinition } from "../../../src/wire/index.ts";

interface Numbers extends HasChannels {
  readonly channels: {
    readonly numbers: ChannelDefinition<"numbers", { readonly next: EventDefinition<"event", number> }>;
  };
}

const seen = JSON.parse(sessionStorage.getItem("seen") ?? "[]") as number[];
const client = connect<Numbers>("/ws", { memory: pageMemory(sessionStorage) });
client.onError((error) => document.querySelector("main")?.append(error.message));
client.numbers().next.on(({ data }) => {
  seen.push(data);
  sessionStorage.setItem("seen", JSON.stringify(seen));
});
