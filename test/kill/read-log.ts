import { type StorePlace, stores, type StoreName } from "./stores.ts";
import type { RecordEvent } from "./recorded-client.ts";

export interface ReadLogOptions extends StorePlace {
  readonly broker: StoreName;
  readonly channels: readonly string[];
  readonly record: RecordEvent;
}

/** Records the whole log of each channel, page by page, from the store alone: its server must be gone. */
export async function readLog({ broker, channels, record, ...place }: ReadLogOptions): Promise<void> {
  const store = stores[broker].create(place);
  await store.open({ appended: () => {}, broadcasted: () => {}, availability: () => {} });
  for (const channel of channels) {
    for (let after = 0, isMore = true; isMore;) {
      const { entries } = await store.read({ channel, after, maxCount: 256, maxBytes: 1_048_576 });
      for (const { user, messageId: id, data, offset, tag } of entries) {
        const { text } = JSON.parse(data) as { readonly text: string };
        record({ type: "stored", channel, user: user.id, id, hash: text, offset, tag });
        after = offset;
      }
      isMore = entries.length > 0;
    }
  }
  await store.close();
}
