/** What can be planted in the model: each is a mistake that a gateway has made somewhere. */
export type Bug =
  | "ack before append"
  | "fan-out before stable"
  | "no resume buffer"
  | "dedup forgets the user"
  | "no dedup"
  | "off-by-one trim"
  | "lost last hint"
  | "hole not read"
  | "no tag check"
  | "tags repeat"
  | "epoch not told"
  | "cursor off by one"
  | "buffer before replay"
  | "gap for nothing"
  | "refused after storing"
  | "retry forgotten";
