-- The index: lists and look-ups across the entities of one workspace. Derived, whole, from the record
-- (npm run rebuild), so a migration that cannot convert a table may drop it. d1/schema.ts says what the columns mean.

CREATE TABLE users (
  workspace_id TEXT NOT NULL,
  updated_at_ms INTEGER NOT NULL,
  incarnation INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  deleted INTEGER NOT NULL,
  indexed_at_ms INTEGER NOT NULL,
  row TEXT,
  user_id TEXT NOT NULL,
  PRIMARY KEY (workspace_id, user_id)
) WITHOUT ROWID;

CREATE INDEX users_by_update ON users (workspace_id, deleted, updated_at_ms, user_id);

CREATE TABLE resources (
  workspace_id TEXT NOT NULL,
  updated_at_ms INTEGER NOT NULL,
  incarnation INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  deleted INTEGER NOT NULL,
  indexed_at_ms INTEGER NOT NULL,
  row TEXT,
  type TEXT NOT NULL,
  id TEXT NOT NULL,
  PRIMARY KEY (workspace_id, type, id)
) WITHOUT ROWID;

CREATE INDEX resources_by_update ON resources (workspace_id, type, deleted, updated_at_ms, id);

CREATE TABLE boards (
  workspace_id TEXT NOT NULL,
  board_id TEXT NOT NULL,
  updated_at_ms INTEGER NOT NULL,
  opens_at_ms INTEGER NOT NULL,
  closes_at_ms INTEGER,
  indexed_at_ms INTEGER NOT NULL,
  row TEXT NOT NULL,
  PRIMARY KEY (workspace_id, board_id)
) WITHOUT ROWID;

CREATE INDEX boards_by_update ON boards (workspace_id, updated_at_ms, board_id);
