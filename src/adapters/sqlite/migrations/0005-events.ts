import type { Migration } from './migration.js';

export const events: Migration = {
  number: 5,
  name: 'events',
  sql: `
    -- Appended with the transaction that caused it; with one writer, positions are in the order of commits.
    -- AUTOINCREMENT, so that a position is not given again after old events were deleted.
    CREATE TABLE event (
      position   INTEGER PRIMARY KEY AUTOINCREMENT,
      topic      TEXT NOT NULL,
      key        TEXT NOT NULL CHECK (length(key) <= 255),
      body       TEXT NOT NULL,
      sent_at    INTEGER NOT NULL,
      deliver_at INTEGER
    ) STRICT;
    CREATE INDEX event_by_topic ON event (topic, position);

    -- A group has seen everything up to its cursor; what of that is not done yet has a delivery row.
    CREATE TABLE consumer_group (
      topic      TEXT NOT NULL,
      group_name TEXT NOT NULL,
      cursor     INTEGER NOT NULL DEFAULT 0,
      created_at INTEGER NOT NULL,
      PRIMARY KEY (topic, group_name)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX consumer_group_by_name ON consumer_group (group_name, topic);

    -- due_at: end of the lease, or when to deliver (again); null while an earlier message of its key is outstanding.
    CREATE TABLE delivery (
      topic      TEXT NOT NULL,
      group_name TEXT NOT NULL,
      position   INTEGER NOT NULL,
      key        TEXT NOT NULL,
      is_ordered INTEGER NOT NULL CHECK (is_ordered IN (0, 1)),
      is_leased  INTEGER NOT NULL CHECK (is_leased IN (0, 1)),
      attempts   INTEGER NOT NULL CHECK (attempts >= 0),
      due_at     INTEGER,
      PRIMARY KEY (topic, group_name, position)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX delivery_by_due ON delivery (topic, group_name, due_at) WHERE due_at IS NOT NULL;
    CREATE INDEX delivery_by_key ON delivery (topic, group_name, key, position) WHERE is_ordered = 1;

    -- Holds its own copy of the message: the event itself is deleted after its time.
    CREATE TABLE dead_letter (
      group_name TEXT NOT NULL,
      position   INTEGER NOT NULL,
      topic      TEXT NOT NULL,
      key        TEXT NOT NULL,
      body       TEXT NOT NULL,
      reason     TEXT NOT NULL,
      attempts   INTEGER NOT NULL,
      died_at    INTEGER NOT NULL,
      PRIMARY KEY (group_name, position)
    ) STRICT, WITHOUT ROWID;

    -- "At noted_at every reader of the topic had done with everything up to position": what retention counts from.
    CREATE TABLE event_watermark (
      topic    TEXT NOT NULL,
      noted_at INTEGER NOT NULL,
      position INTEGER NOT NULL,
      PRIMARY KEY (topic, noted_at)
    ) STRICT, WITHOUT ROWID;
  `,
};
