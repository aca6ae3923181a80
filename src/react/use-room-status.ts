import { useMemo } from "react";
import type { RoomControls, RoomStatusInfo } from "../client/index.ts";
import { Store, useStore } from "./store.ts";

const joining: RoomStatusInfo = { status: "joining" };

/** Where a room stands, and why if it was refused; `joining` on a server. */
export function useRoomStatus(room: Pick<RoomControls, "status" | "onStatus">): RoomStatusInfo {
  const store = useMemo(
    () =>
      new Store(joining, (own) => {
        const end = room.onStatus((info) => own.set(info));
        if (room.status !== own.get().status) own.set({ status: room.status });
        return end;
      }),
    [room],
  );
  return useStore(store);
}
