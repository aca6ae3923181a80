import { describe, expect, test } from "vitest";
import type { CallDefinition, ChannelDefinition, EventDefinition, HasChannels } from "../wire/index.ts";
import {
  type Ack,
  type Call,
  type Client,
  type DurableEvent,
  type EphemeralEvent,
  type HistoryPage,
  type LatestEvent,
  type Message,
  trackTyping,
  type WebSocketConstructor,
} from "./index.ts";

interface Chat extends HasChannels {
  readonly channels: {
    readonly chat: ChannelDefinition<
      "chat/:room",
      {
        readonly message: EventDefinition<"event", { text: string; size?: number }, { text: string; size: number }>;
        readonly joined: EventDefinition<"event", { at: number }>;
        readonly typing: EventDefinition<"ephemeral", Record<string, never>>;
        readonly price: EventDefinition<"latest", string, number>;
        readonly leave: EventDefinition<"event", string>;
      },
      { readonly roll: CallDefinition<{ sides: number }, { value: number }> }
    >;
    readonly lobby: ChannelDefinition<"lobby", { readonly note: EventDefinition<"event", string> }>;
  };
}

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
describe("the types of a client", () => {
  test("[CC1] channels, parameters, events and payloads are inferred from the gateway", () => {
    type Room = ReturnType<Client<Chat>["chat"]>;
    const same: [
      Same<Parameters<Client<Chat>["chat"]>[0], { readonly room: string }>,
      Same<Room["message"], DurableEvent<{ text: string; size?: number }, { text: string; size: number }, "message">>,
      Same<Room["typing"], EphemeralEvent<Record<string, never>, Record<string, never>>>,
      Same<Room["price"], LatestEvent<string, number>>,
      Same<Awaited<ReturnType<Room["message"]["send"]>>, Ack>,
      Same<Awaited<ReturnType<Room["typing"]["send"]>>, boolean>,
      Same<Room["roll"], Call<{ sides: number }, { value: number }>>,
      Same<
        Awaited<ReturnType<Room["history"]>>,
        HistoryPage<Message<{ text: string; size: number }, "message"> | Message<{ at: number }, "joined">>
      >,
    ] = [true, true, true, true, true, true, true, true];
    expect(same).not.toContain(false);
  });

  test("[CC1] what the gateway does not declare does not compile", () => {
    function use(client: Client<Chat>): void {
      const room = client.chat({ room: "1" }, { recent: 10 });
      client.lobby();
      void room.message.send({ text: "hi" }, { id: "a" });
      // @ts-expect-error -- no such channel
      client.chats({ room: "1" });
      // @ts-expect-error -- no such parameter
      client.chat({ rom: "1" });
      // @ts-expect-error -- a parameter is missing
      client.chat();
      // @ts-expect-error -- no such event
      void room.mesage.send({ text: "hi" });
      // @ts-expect-error -- the payload's field has another name
      void room.message.send({ txt: "hi" });
      // @ts-expect-error -- an ephemeral message is not stored under an id
      void room.typing.send({}, { id: "a" });
      void room.price.send("7");
      void room.roll.call({ sides: 6 }).then(({ value }) => value + 1);
      // @ts-expect-error -- the call's field has another name
      void room.roll.call({ side: 6 });
      // @ts-expect-error -- a call is not an event
      void room.roll.send({ sides: 6 });
      // @ts-expect-error -- an event is no call
      void room.message.call({ text: "hi" });
      // @ts-expect-error -- the lobby answers no call
      void client.lobby().roll;
      // @ts-expect-error -- a newest value is not stored under an id
      void room.price.send("7", { id: "a" });
      // @ts-expect-error -- what goes in is a text, the number comes out
      void room.price.send(7);
      // @ts-expect-error -- a stored event has no newest values
      void room.message.values;
      // @ts-expect-error -- a message has no such field after the schema ran
      room.message.on((message) => message.data.txt);
      // @ts-expect-error -- `leave` is the room's own: an event of that name cannot be reached
      void room.leave.send("x");
    }
    expect(use).toBeTypeOf("function");
  });

  test("[CC38] what says that one types has the event's data, and need not be given where {} will do", () => {
    function use(client: Client<Chat>, other: EphemeralEvent<{ field: string }>): void {
      const room = client.chat({ room: "1" });
      trackTyping({ client, event: room.typing, endedBy: [room.message, room.joined], presence: room.presence });
      trackTyping({ client, event: other, data: { field: "title" } });
      // @ts-expect-error -- the field is missing
      trackTyping({ client, event: other });
      // @ts-expect-error -- a stored event is not for typing
      trackTyping({ client, event: room.message, data: { text: "" } });
      // @ts-expect-error -- nobody sends by typing
      trackTyping({ client, event: room.typing, endedBy: other });
    }
    expect(use).toBeTypeOf("function");
  });

  test("[CC1] the browser's WebSocket is a WebSocketLike", () => {
    function give(platform: typeof WebSocket): WebSocketConstructor {
      return platform;
    }
    expect(give).toBeTypeOf("function");
  });
});
