/** "SWBD": marks the file as ours (https://sqlite.org/pragma.html#pragma_application_id). */
export const applicationId = 0x53574244;

/** Goes up with every change of the tables; a newer one is refused. */
export const schemaVersion = 2;

/** What version 2 added. `checksum` covers the row. */
export const noticesSchema: string = `
CREATE TABLE notices (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL,
  expires_at_ms INTEGER NOT NULL,
  checksum INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX notices_by_expiry ON notices (expires_at_ms);
`;

/**
 * The tables. `first_offset` and `top_*` are kept with the channel because a trimmed log still has them. `checksum` covers the row:
 * SQLite notices a damaged page structure, but not a changed byte within a text.
 */
export const schema: string = `
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE channels (
  id INTEGER PRIMARY KEY,
  channel TEXT NOT NULL UNIQUE,
  epoch TEXT NOT NULL,
  first_offset INTEGER NOT NULL,
  top_offset INTEGER NOT NULL,
  top_tag INTEGER NOT NULL,
  checksum INTEGER NOT NULL
) STRICT;
CREATE TABLE entries (
  channel_id INTEGER NOT NULL,
  offset INTEGER NOT NULL,
  tag INTEGER NOT NULL,
  previous_tag INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  event TEXT NOT NULL,
  message_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  user_name TEXT,
  checksum INTEGER NOT NULL,
  data TEXT NOT NULL,
  PRIMARY KEY (channel_id, offset)
) STRICT, WITHOUT ROWID;
CREATE TABLE dedup (
  channel_id INTEGER NOT NULL,
  user_id TEXT NOT NULL,
  message_id TEXT NOT NULL,
  payload_hash TEXT NOT NULL,
  offset INTEGER NOT NULL,
  tag INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  PRIMARY KEY (channel_id, user_id, message_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX dedup_by_age ON dedup (at_ms);
${noticesSchema}`;
