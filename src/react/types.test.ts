import { expect, test } from "vitest";
import type { CallDefinition, ChannelDefinition, EventDefinition, HasChannels } from "../wire/index.ts";
import type { Message } from "../client/index.ts";
import { type ChannelName, useLatest, useLatestValues, useMessages, useRoom, useTyping } from "./index.ts";

interface Shop extends HasChannels {
  readonly channels: {
    readonly order: ChannelDefinition<
      "order/:id",
      {
        readonly line: EventDefinition<"event", { sku: string; count?: number }, { sku: string; count: number }>;
        readonly viewing: EventDefinition<"ephemeral", { field: string }>;
        readonly stock: EventDefinition<"latest", string, number>;
      },
      { readonly price: CallDefinition<{ sku: string }, number> }
    >;
    readonly news: ChannelDefinition<"news", { readonly item: EventDefinition<"event", string> }>;
    readonly close: ChannelDefinition<"close", { readonly item: EventDefinition<"event", string> }>;
  };
}

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

test("[RE10] rooms, messages and what is sent have the gateway's types", () => {
  function Component(): void {
    const room = useRoom<"order", Shop>("order", { id: "1" }, { recent: 3 });
    useRoom<"news", Shop>("news");
    // @ts-expect-error -- a parameter is missing
    useRoom<"order", Shop>("order");
    // @ts-expect-error -- another parameter
    useRoom<"order", Shop>("order", { di: "1" });
    // @ts-expect-error -- no such channel
    useRoom<"orders", Shop>("orders", { id: "1" });
    const { messages, outgoing, send } = useMessages(room.line);
    const same: [
      Same<(typeof messages)[number], Message<{ sku: string; count: number }, "line">>,
      Same<(typeof outgoing)[number]["data"], { sku: string; count?: number }>,
      Same<ChannelName<Shop>, "order" | "news">,
    ] = [true, true, true];
    void same;
    void send({ sku: "a" });
    // @ts-expect-error -- the field is missing
    void send({ count: 1 });
    // @ts-expect-error -- an ephemeral event has no messages
    useMessages(room.viewing);
    const stock: number | undefined = useLatest(room.stock, "a")?.data;
    const stocks: readonly number[] = [...useLatestValues(room.stock).values()].map(({ data }) => data);
    void [stock, stocks];
    // @ts-expect-error -- not every value is kept
    useMessages(room.stock);
    // @ts-expect-error -- a durable event has no newest values
    useLatest(room.line);
    useTyping(room.viewing, { data: { field: "title" }, endedBy: room.line });
    // @ts-expect-error -- the event's data is not {}
    useTyping(room.viewing, { endedBy: room.line });
    void room.price.call({ sku: "a" }).then((price) => price + 1);
  }
  expect(Component).toBeTypeOf("function");
});
