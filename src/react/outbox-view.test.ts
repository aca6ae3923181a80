import { expect, test, vi } from "vitest";
import { type Ack, ClientError, type SendOptions } from "../client/index.ts";
import { OutboxView } from "./outbox-view.ts";

interface Sent {
  readonly data: string;
  readonly options: SendOptions;
  readonly resolve: (ack: Pick<Ack, "offset">) => Promise<void>;
  readonly reject: (code: "FORBIDDEN" | "ABORTED") => Promise<void>;
}

function outbox(maxCount = 10) {
  const sent: Sent[] = [];
  const changed = vi.fn<() => void>();
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const view = new OutboxView<string>({
    maxCount,
    changed,
    send: (data, options) =>
      new Promise((resolve, reject) => {
        sent.push({
          data,
          options,
          resolve: (ack) => {
            resolve({ id: options.id ?? "", durability: "os", duplicate: false, ...ack });
            return turn();
          },
          reject: (code) => {
            reject(new ClientError(code, "no"));
            return turn();
          },
        });
      }),
  });
  return { view, sent, changed, states: () => view.list.map(({ id, state }) => `${id} ${state}`) };
}

test("[RE5] a message is pending until it is stored, then sent until its event comes", async () => {
  const { view, sent, changed, states } = outbox();
  void view.send("a", { id: "a" });
  const { list } = view;
  expect([states(), view.list]).toEqual([["a pending"], list]);
  await sent[0]?.resolve({ offset: 7 });
  expect(states()).toEqual(["a sent"]);
  view.receive("b", 6);
  expect(states()).toEqual(["a sent"]);
  view.receive("a", 7);
  expect([states(), changed.mock.calls.length]).toEqual([[], 3]);
});

test("[RE5] an event that comes before the answer ends it, and a stored one from before does", async () => {
  const { view, sent, states } = outbox();
  void view.send("a", { id: "a" });
  view.receive("a", 7);
  await sent[0]?.resolve({ offset: 7 });
  void view.send("old", { id: "old" });
  await sent[1]?.resolve({ offset: 5 });
  expect(states()).toEqual([]);
});

test("[RE5] what a page of history shows, or must have shown, is over", async () => {
  const { view, sent, states } = outbox();
  for (const id of ["a", "b", "c", "d"]) void view.send(id, { id });
  await sent[1]?.resolve({ offset: 8 });
  await sent[2]?.resolve({ offset: 10 });
  view.reach([{ id: "a" }], 9);
  expect(states()).toEqual(["c sent", "d pending"]);
  await sent[3]?.resolve({ offset: 9 });
  expect(states()).toEqual(["c sent"]);
});

test("[RE5] without echo its answer is the end", async () => {
  const { view, sent, states } = outbox();
  void view.send("a", { id: "a", echo: false });
  await sent[0]?.resolve({ offset: 7 });
  expect(states()).toEqual([]);
});

test("[RE6] one that failed stays with its reason, and goes again under its id", async () => {
  const { view, sent, states } = outbox();
  const sending = view.send("text", {});
  await sent[0]?.reject("FORBIDDEN");
  await expect(sending).rejects.toMatchObject({ code: "FORBIDDEN" });
  const [failed] = view.list;
  expect(failed).toMatchObject({ data: "text", state: "failed", error: { code: "FORBIDDEN" } });
  failed?.retry();
  expect(states()).toEqual([`${failed?.id} pending`]);
  expect(sent[1]).toMatchObject({ data: "text", options: { id: failed?.id } });
  expect(view.list[0]).not.toHaveProperty("error");
  await sent[1]?.resolve({ offset: 1 });
  expect(states()).toEqual([`${failed?.id} sent`]);
});

test("[RE6] the end of an earlier try says nothing of a later one", async () => {
  const { view, sent, states } = outbox();
  void view.send("a", { id: "a" });
  view.list[0]?.discard();
  void view.send("a", { id: "a" });
  await sent[0]?.reject("ABORTED");
  expect(states()).toEqual(["a pending"]);
  expect(sent[0]?.options.signal?.aborted).toBe(true);
  expect(sent[1]?.options.signal?.aborted).toBe(false);
});

test("[RE6] the application's own signal gives it up too", () => {
  const { view, sent } = outbox();
  const controller = new AbortController();
  void view.send("a", { signal: controller.signal });
  controller.abort();
  expect(sent[0]?.options.signal?.aborted).toBe(true);
});

test("[RE6] maxCount wait or have failed; one more is refused, a retry is not", async () => {
  const { view, sent, states } = outbox(2);
  void view.send("a", { id: "a" });
  void view.send("b", { id: "b" });
  await sent[0]?.reject("FORBIDDEN");
  await expect(view.send("c", { id: "c" })).rejects.toMatchObject({ code: "QUEUE_FULL", id: "c" });
  view.list[0]?.retry();
  expect(states()).toEqual(["b pending", "a pending"]);
  view.list[0]?.discard();
  void view.send("c", { id: "c" });
  expect(states()).toEqual(["a pending", "c pending"]);
});

test("[RE6] what the store took back has failed and can be sent again; what a gap swallowed is over", async () => {
  for (const [gap, expected] of [
    [{ from: 9, to: 7, reason: "truncated" }, ["b failed", "c pending"]],
    [{ from: 0, to: 7, reason: "trimmed" }, ["b sent", "c pending"]],
    [{ from: 9, to: 1, reason: "epoch" }, ["a failed", "b failed", "c pending"]],
  ] as const) {
    const { view, sent, states } = outbox();
    for (const id of ["a", "b", "c"]) void view.send(id, { id });
    await sent[0]?.resolve({ offset: 7 });
    await sent[1]?.resolve({ offset: 8 });
    view.receiveGap(gap);
    expect(states()).toEqual(expected);
  }
});

test("[RE6] who looks at the list need not catch the promise", async () => {
  const unhandled = vi.fn<(error: unknown) => void>();
  process.on("unhandledRejection", unhandled);
  const { view, sent } = outbox(1);
  void view.send("a", {});
  void view.send("one too many", {});
  await sent[0]?.reject("FORBIDDEN");
  process.off("unhandledRejection", unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});
