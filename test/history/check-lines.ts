/** What was seen beside the readers: on the lines themselves, and in pages of history. */
import type { FaultEvent, PageEvent } from "./event.ts";
import { isBeyond, messageKey, placeKey, type ChannelLedger } from "./ledger.ts";
import type { Violation } from "./violation.ts";

/** HK14: nobody found the protocol broken, though a client may have put it right before its application saw it. */
export function findComplaints(ledger: ChannelLedger): readonly Violation[] {
  return ledger.complaints.map((complaint) => ({
    rule: "HK14",
    sentence: `${complaint.client} complains of ${complaint.channel}: ${complaint.sentence}`,
    slice: [complaint],
  }));
}

/** HK15: a page of history is a part of the log without holes, within what was asked for. */
export function findWrongPages(ledger: ChannelLedger, faults: readonly FaultEvent[]): readonly Violation[] {
  return ledger.pages.flatMap((page): readonly Violation[] => {
    const wrong = findFault(page) ?? findStranger(page, ledger, faults);
    if (wrong === undefined) return [];
    return [{ rule: "HK15", sentence: `${page.client} read a page of ${page.channel} ${wrong}`, slice: [page] }];
  });
}

function findFault({ before, count, messages }: PageEvent): string | undefined {
  if (messages.length > count) return `of ${messages.length} messages and had asked for ${count}`;
  const late = messages.find(({ offset }) => offset >= before);
  if (late !== undefined) return `with offset ${late.offset} and had asked for those before ${before}`;
  const at = messages.findIndex(({ offset }, index) => index > 0 && offset !== (messages[index - 1]?.offset ?? 0) + 1);
  return at < 0 ? undefined : `in which ${messages[at]?.offset} follows ${messages[at - 1]?.offset}`;
}

/** A message that the log has not at that place, though nothing broke since that could have taken it back. */
function findStranger(page: PageEvent, ledger: ChannelLedger, faults: readonly FaultEvent[]): string | undefined {
  const mayBeLost = faults.some(
    (fault) => fault.atMs + ledger.noticeMs >= page.atMs && isBeyond(fault, ledger.durability),
  );
  if (mayBeLost) return undefined;
  const stranger = page.messages.find((message) => {
    const entry = ledger.stored.get(placeKey(message));
    return entry !== undefined && (messageKey(entry) !== messageKey(message) || entry.hash !== message.hash);
  });
  return (
    stranger &&
    `where offset ${stranger.offset} is message ${stranger.id} of ${stranger.user}, which the log has not there`
  );
}
