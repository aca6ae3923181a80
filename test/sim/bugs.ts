/**
 * Mistakes for the simulator to find: edits of our own source, made when the simulator is bundled, never in the source itself. Each
 * is one that a gateway has made somewhere, or that a hurried change of this one could make.
 */

/** A piece of source, exactly once in its file, and what takes its place. */
export interface Edit {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

export interface PlantedBug {
  readonly name: string;
  /** What is wrong with it, in one sentence. */
  readonly mistake: string;
  readonly edits: readonly Edit[];
}

const store = "test/sim/sim-store.ts";
const write = "this.#writing = this.#queue.splice(0, maxBatchCount);";
const commit = `      const outcome = this.#apply(parcel.request);
      this.#announce(parcel.request.channel, outcome);
      parcel.settle(outcome);`;

export const bugs: readonly PlantedBug[] = [
  {
    name: "ack-before-stable",
    mistake: "The store answers an append when it has written it, before the write is stable",
    edits: [
      {
        file: store,
        from: write,
        to: `${write} const journal = this.#journal; this.#journal = []; for (const parcel of this.#writing) { const outcome = this.#apply(parcel.request); this.#announce(parcel.request.channel, outcome); parcel.settle(outcome); } this.unstable = this.#journal; this.#journal = journal;`,
      },
      {
        file: store,
        from: "const batch = this.#writing;",
        to: "const batch = this.#writing; this.#journal.push(...this.unstable); this.unstable = [];",
      },
    ],
  },
  {
    name: "fan-out-before-stable",
    mistake: "The store tells its readers of an append before the write is stable",
    edits: [
      {
        file: store,
        from: write,
        to: `${write} const journal = this.#journal; this.#journal = []; for (const parcel of this.#writing) { parcel.outcome = this.#apply(parcel.request); this.#announce(parcel.request.channel, parcel.outcome); } this.unstable = this.#journal; this.#journal = journal;`,
      },
      { file: store, from: commit, to: "parcel.settle(parcel.outcome);" },
      {
        file: store,
        from: "const batch = this.#writing;",
        to: "const batch = this.#writing; this.#journal.push(...this.unstable); this.unstable = [];",
      },
    ],
  },
  {
    name: "hole-skipped",
    mistake: "What the store announces is taken though something before it is missing",
    edits: [
      {
        file: "src/gateway/ring.ts",
        from: "delivery.offset === mark.offset + 1 && delivery.previousTag === mark.tag",
        to: "delivery.offset > mark.offset",
      },
      {
        file: "src/gateway/subscription.ts",
        from: "this.#offset + 1 === delivery.offset &&\n      this.#tag === delivery.previousTag",
        to: "this.#offset < delivery.offset",
      },
    ],
  },
  {
    name: "resume-off-by-one",
    mistake: "A replay begins one entry too late",
    edits: [
      {
        file: "src/gateway/ring.ts",
        from: "this.#held.slice(start, start + maxCount)",
        to: "this.#held.slice(start + (start > 0 ? 1 : 0), start + maxCount)",
      },
    ],
  },
  {
    name: "dedup-forgets-the-user",
    mistake: "Message ids of different users are the same to the store",
    edits: [
      {
        file: "src/brokers/memory-log.ts",
        from: "`${user.id.length}:${user.id}:${messageId}`",
        to: "messageId",
      },
    ],
  },
  {
    name: "payload-not-compared",
    mistake: "An id that was used before is a duplicate, whatever it comes with",
    edits: [{ file: "src/brokers/memory-log.ts", from: "known.payloadHash !== payloadHash", to: "false" }],
  },
  {
    name: "tag-not-checked",
    mistake: "A cursor is taken for right if its offset is in the log",
    edits: [
      { file: "src/gateway/subscription.ts", from: "(page.tagAtAfter ?? position.tag) !== position.tag", to: "false" },
      { file: "src/gateway/subscription.ts", from: "next.tag !== position.tag", to: "false" },
    ],
  },
  {
    name: "tags-repeat",
    mistake: "The tag of an append is not random",
    edits: [{ file: "src/server/store.ts", from: "machine.createTag()", to: "1" }],
  },
  {
    name: "gap-not-told",
    mistake: "Delivery goes on after a loss, and nobody is told",
    edits: [{ file: "src/gateway/channel.ts", from: "if (gap !== undefined) {", to: "if (false) {" }],
  },
  {
    name: "gap-told-twice",
    mistake: "A loss is told, and told again with the next page",
    edits: [
      {
        file: "src/gateway/subscription.ts",
        from: "    this.#loss = undefined;\n    return loss",
        to: "    if (this.told === loss) this.#loss = undefined;\n    this.told = loss;\n    return loss",
      },
    ],
  },
  {
    name: "live-before-replay",
    mistake: "What is new is sent to a subscriber that is still being served what is old",
    edits: [
      {
        file: "src/gateway/channel.ts",
        from: "!isReading && subscriber.isFlowing && subscription.isNext(epoch, delivery)",
        to: "subscriber.isFlowing",
      },
    ],
  },
  {
    name: "stale-epoch",
    mistake: "A log that was made anew is taken for the old one",
    edits: [{ file: "src/gateway/subscription.ts", from: "if (page.top.epoch !== this.#epoch)", to: "if (false)" }],
  },
  {
    name: "trimmed-taken-for-live",
    mistake: "A cursor behind the oldest entry is moved there in silence",
    edits: [
      {
        file: "src/gateway/subscription.ts",
        from: 'this.#lose("trimmed", this.#epoch, next)',
        to: "this.advance(next)",
      },
    ],
  },
  {
    name: "late-retry-stored-twice",
    mistake: "A retry after the window is stored, though the store may have forgotten the first",
    edits: [{ file: "src/brokers/memory-log.ts", from: "retryAfterFirstMs > this.#dedupWindowMs", to: "false" }],
  },
  {
    name: "clock-jump-forgets-ids",
    mistake: "Ids are forgotten by a clock that may jump, with no margin",
    edits: [{ file: "src/brokers/dedup-window.ts", from: "60 * 60 * 1000;\n\n/** Entries", to: "0;\n\n/** Entries" }],
  },
  {
    name: "last-hint-lost",
    mistake: "Nobody looks whether the store has more than it told",
    edits: [{ file: "src/gateway/channel.ts", from: "    this.#reader.probe(top);\n", to: "" }],
  },
  {
    name: "drained-for-nothing",
    mistake: "A subscriber that was slow is not served again when its queue is short",
    edits: [
      {
        file: "src/gateway/session.ts",
        from: "  drained(): void {\n    this.#isWaitingForDrain = false;",
        to: "  drained(): void {",
      },
    ],
  },
  {
    name: "left-and-still-served",
    mistake: "A subscription that was ended goes on",
    edits: [{ file: "src/gateway/subscribe.ts", from: "  channel.unsubscribe(session.connection, true);\n", to: "" }],
  },
  {
    name: "page-too-new",
    mistake: "A page of history has the entry it was to end before",
    edits: [
      {
        file: "src/gateway/history.ts",
        from: "({ offset }) => offset < span.before",
        to: "({ offset }) => offset <= span.before",
      },
    ],
  },
  {
    name: "position-before-delivery",
    mistake: "The client's position is that of the newest message it was told of, not of the last one it delivered",
    edits: [
      { file: "src/client/subscription.ts", from: '    if (offset > at + 1) return "hole";\n', to: "" },
      {
        file: "src/gateway/channel.ts",
        from: "!isReading && subscriber.isFlowing && subscription.isNext(epoch, delivery)",
        to: "!isReading && subscriber.isFlowing && subscription.after < delivery.offset",
      },
    ],
  },
  {
    name: "retry-under-a-new-id",
    mistake: "The client gives a message another id when it sends it again",
    edits: [
      {
        file: "src/client/sender.ts",
        from: "const { event, id: messageId, data, hasBytes } = outgoing;",
        to: "const { event, data, hasBytes } = outgoing; const messageId = outgoing.uncertainSinceMs === undefined ? outgoing.id : `${outgoing.id}-again`;",
      },
    ],
  },
];
