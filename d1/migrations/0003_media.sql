-- The media of one workspace that are not deleted; a deleted one keeps its row without content. Derived, whole, from the
-- record (npm run rebuild); d1/schema.ts says what the columns mean.

CREATE TABLE media (
  workspace_id TEXT NOT NULL,
  updated_at_ms INTEGER NOT NULL,
  incarnation INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  deleted INTEGER NOT NULL,
  indexed_at_ms INTEGER NOT NULL,
  row TEXT,
  media_id TEXT NOT NULL,
  scope TEXT,
  file_type TEXT,
  PRIMARY KEY (workspace_id, media_id)
) WITHOUT ROWID;

CREATE INDEX media_by_update ON media (workspace_id, deleted, scope, updated_at_ms, media_id);

CREATE INDEX media_by_type ON media (workspace_id, deleted, scope, file_type, updated_at_ms, media_id);
