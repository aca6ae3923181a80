/** How long a message id is remembered unless an option says otherwise: 24 hours. */
export const defaultDedupWindowMs: number = 24 * 60 * 60 * 1000;

/**
 * Ids are kept an hour longer than the window that is told. Their age is taken from the wall clock, a retry's from the client's own:
 * without the margin a wall clock that jumps forward would forget an id whose retry is still allowed, and store it twice.
 */
export const dedupMarginMs: number = 60 * 60 * 1000;

/** Entries and ids that one append removes at most: trimming keeps up without ever making one publisher wait for it. */
export const maxTrimCount: number = 32;
