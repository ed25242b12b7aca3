-- The list of audit records of one workspace: one row a commit, never changed. Derived, whole, from the record
-- (npm run rebuild); d1/schema.ts says what the columns mean.

CREATE TABLE audit_records (
  workspace_id TEXT NOT NULL,
  audit_record_id TEXT NOT NULL,
  incarnation INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  subject TEXT NOT NULL,
  user_id TEXT,
  about_user_id TEXT,
  entity_kind TEXT NOT NULL,
  entity_id TEXT NOT NULL,
  operation TEXT NOT NULL,
  indexed_at_ms INTEGER NOT NULL,
  row TEXT NOT NULL,
  PRIMARY KEY (workspace_id, audit_record_id)
) WITHOUT ROWID;

CREATE INDEX audit_records_by_time ON audit_records (workspace_id, at_ms, sequence, audit_record_id);

CREATE INDEX audit_records_by_subject ON audit_records (workspace_id, subject, at_ms, sequence, audit_record_id);

CREATE INDEX audit_records_by_user ON audit_records (workspace_id, user_id, at_ms, sequence, audit_record_id);

CREATE INDEX audit_records_about_user ON audit_records (workspace_id, about_user_id, at_ms, sequence, audit_record_id);

CREATE INDEX audit_records_by_entity ON audit_records (workspace_id, entity_kind, entity_id, at_ms, sequence, audit_record_id);
