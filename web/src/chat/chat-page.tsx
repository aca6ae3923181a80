import { type ReactElement, useCallback, useEffect, useRef, useState } from "react";
import type { ChatApp, Presence } from "./chat-app.ts";
import type { ChatSession } from "./chat-session.ts";
import { ConnectionBanner } from "./connection-banner.tsx";
import { Drawer } from "./drawer.tsx";
import { MemberList } from "./member-list.tsx";
import { ProfileDialog } from "./profile-dialog.tsx";
import { QuickSwitcher } from "./quick-switcher.tsx";
import { RoomList } from "./room-list.tsx";
import { fullName, splitName } from "./room-name.ts";
import { RoomPane } from "./room-pane.tsx";
import type { RoomStore } from "./room-store.ts";
import { ServerDialog } from "./server-dialog.tsx";
import { ServerRail } from "./server-rail.tsx";
import { useAlerts } from "./use-alerts.ts";
import { useAway } from "./use-away.ts";
import { goToRoom, useCurrentRoom, useMedia, useSwitcherKey } from "./use-browser.ts";
import { usePageDuties } from "./use-page-duties.ts";
import { useStore } from "../use-store.ts";

export interface ChatPageProps {
  readonly app: ChatApp;
  readonly presence: Presence;
}

type OpenPart = "rooms" | "members" | "profile" | "server" | "switcher" | undefined;

/** The page of a person who is in: rooms at the left, the room in the middle, people at the right. */
export function ChatPage({ app, presence: { profile, session } }: ChatPageProps): ReactElement {
  const rooms = useStore(session.rooms);
  const current = useCurrentRoom();
  const room = useOpenRoom({ session, current, rooms });
  const [opened, setOpened] = useState<{ readonly part: OpenPart; readonly room: string }>();
  const part = opened?.room === room.name ? opened.part : undefined; // Another room shuts what was open over this one.
  const setPart = (next: OpenPart): void => setOpened({ part: next, room: room.name });
  const main = useRef<HTMLElement>(null);
  const roomsAreDrawer = useMedia("(max-width: 47.99rem)");
  const membersAreDrawer = useMedia("(max-width: 68.99rem)");
  const isCovered = (roomsAreDrawer && part === "rooms") || (membersAreDrawer && part === "members");
  const close = useCallback(() => setOpened(undefined), []);
  const unreadCount = usePageDuties({ session, rooms, current: room.name });
  const { server } = splitName(room.name);
  useAlerts({ app, session, current: room.name });
  useAway(session);
  useSwitcherKey(() => setPart("switcher"));

  return (
    <div className="page">
      <a
        className="skip-link"
        href="#room"
        onClick={(event) => {
          event.preventDefault(); // The address holds the room.
          main.current?.querySelector<HTMLElement>("textarea")?.focus();
        }}
      >
        Skip to the message field
      </a>
      <Drawer id="rooms" label="Rooms" side="left" isDrawer={roomsAreDrawer} isOpen={part === "rooms"} onClose={close}>
        <ServerRail session={session} rooms={rooms} current={server} onAdd={() => setPart("server")} />
        <RoomList
          session={session}
          rooms={rooms.filter(({ name }) => splitName(name).server === server)}
          server={server}
          current={room.name}
          profile={profile}
          onOpenProfile={() => setPart("profile")}
          onLeaveRoom={(name) => {
            session.leave(name);
            if (name === room.name) goToRoom(fullName(server, "general"));
          }}
          onLeaveServer={() => {
            session.leaveServer(server);
            goToRoom("general");
          }}
        />
      </Drawer>
      <main className="main" id="room" ref={main} inert={isCovered} aria-label={`Room ${splitName(room.name).room}`}>
        <RoomPane
          key={room.name}
          room={room}
          session={session}
          onSearch={() => setPart("switcher")}
          banner={<ConnectionBanner session={session} onLeave={() => app.leave()} />}
          drawers={{
            rooms: roomsAreDrawer
              ? {
                  isOpen: part === "rooms",
                  open: () => setPart("rooms"),
                  unreadCount: unreadCount - room.view.get().unreadCount,
                }
              : undefined,
            members: membersAreDrawer ? { isOpen: part === "members", open: () => setPart("members") } : undefined,
          }}
        />
      </main>
      <Drawer
        id="members"
        label="People here"
        side="right"
        isDrawer={membersAreDrawer}
        isOpen={part === "members"}
        onClose={close}
      >
        <MemberList room={room} session={session} />
      </Drawer>
      {part === "server" && <ServerDialog session={session} onClose={close} />}
      {part === "switcher" && <QuickSwitcher rooms={rooms} onClose={close} />}
      {part === "profile" && <ProfileDialog app={app} profile={profile} session={session} onClose={close} />}
    </div>
  );
}

interface OpenRoomOptions {
  readonly session: ChatSession;
  readonly current: string;
  readonly rooms: readonly RoomStore[];
}

/** The room of the address, opened if it is not; the first one when no more can be opened. */
function useOpenRoom({ session, current, rooms }: OpenRoomOptions): RoomStore {
  const found = rooms.find(({ name }) => name === current);
  useEffect(() => {
    if (found === undefined && session.open(current) === undefined) goToRoom("general");
  }, [found, session, current]);
  const room = found ?? rooms[0];
  if (room === undefined) throw new Error("Cannot show a room: the session has none");
  return room;
}
