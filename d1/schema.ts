// The tables of the index, as drizzle sees them; migrations/ has them as SQL, and a test holds the two equal.
//
// Every key and index starts with workspace_id: no query can be written that walks from one workspace into another and
// stays cheap. A row keeps the place in its log that it comes from (incarnation, sequence); a deleted entity keeps its
// row without content, so that a late upsert of an older place finds it and loses. What a list shows is JSON in `row`:
// columns are what is searched or sorted by, nothing else.

import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

const versioned = {
  workspaceId: text('workspace_id').notNull(),
  updatedAtMs: integer('updated_at_ms').notNull(),
  incarnation: integer('incarnation').notNull(),
  sequence: integer('sequence').notNull(),
  deleted: integer('deleted').notNull(),
  /** When this row was last written here: a rebuild removes only what is older than its start. */
  indexedAtMs: integer('indexed_at_ms').notNull(),
  /** JSON; null in a tombstone. */
  row: text('row'),
}

export const users = sqliteTable('users', { ...versioned, userId: text('user_id').notNull() }, (table) => [
  primaryKey({ columns: [table.workspaceId, table.userId] }),
  index('users_by_update').on(table.workspaceId, table.deleted, table.updatedAtMs, table.userId),
])

export const resources = sqliteTable('resources', { ...versioned, type: text('type').notNull(), id: text('id').notNull() }, (table) => [
  primaryKey({ columns: [table.workspaceId, table.type, table.id] }),
  index('resources_by_update').on(table.workspaceId, table.type, table.deleted, table.updatedAtMs, table.id),
])

/** Scope and type are null in a tombstone. */
export const media = sqliteTable(
  'media',
  { ...versioned, mediaId: text('media_id').notNull(), scope: text('scope'), fileType: text('file_type') },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.mediaId] }),
    index('media_by_update').on(table.workspaceId, table.deleted, table.scope, table.updatedAtMs, table.mediaId),
    index('media_by_type').on(table.workspaceId, table.deleted, table.scope, table.fileType, table.updatedAtMs, table.mediaId),
  ],
)

/** A board is not an entity with a log: its row follows from its series, so its series' last change is its version. */
export const boards = sqliteTable(
  'boards',
  {
    workspaceId: text('workspace_id').notNull(),
    boardId: text('board_id').notNull(),
    updatedAtMs: integer('updated_at_ms').notNull(),
    /** When the board is open for the first user, and closed for the last: what its state follows from. */
    opensAtMs: integer('opens_at_ms').notNull(),
    closesAtMs: integer('closes_at_ms'),
    indexedAtMs: integer('indexed_at_ms').notNull(),
    row: text('row').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.boardId] }),
    index('boards_by_update').on(table.workspaceId, table.updatedAtMs, table.boardId),
  ],
)

/**
 * One row a commit, keyed by its place: the id names the log, the incarnation and the sequence. A row is never changed, so
 * it has no version and no tombstone. Rows of one moment stand in the order of their log.
 */
export const auditRecords = sqliteTable(
  'audit_records',
  {
    workspaceId: text('workspace_id').notNull(),
    auditRecordId: text('audit_record_id').notNull(),
    incarnation: integer('incarnation').notNull(),
    sequence: integer('sequence').notNull(),
    atMs: integer('at_ms').notNull(),
    subject: text('subject').notNull(),
    /** The user that a person acted as, or a machine for. */
    userId: text('user_id'),
    aboutUserId: text('about_user_id'),
    entityKind: text('entity_kind').notNull(),
    entityId: text('entity_id').notNull(),
    operation: text('operation').notNull(),
    indexedAtMs: integer('indexed_at_ms').notNull(),
    row: text('row').notNull(),
  },
  (table) => {
    const order = [table.atMs, table.sequence, table.auditRecordId] as const
    return [
      primaryKey({ columns: [table.workspaceId, table.auditRecordId] }),
      index('audit_records_by_time').on(table.workspaceId, ...order),
      index('audit_records_by_subject').on(table.workspaceId, table.subject, ...order),
      index('audit_records_by_user').on(table.workspaceId, table.userId, ...order),
      index('audit_records_about_user').on(table.workspaceId, table.aboutUserId, ...order),
      index('audit_records_by_entity').on(table.workspaceId, table.entityKind, table.entityId, ...order),
    ]
  },
)
