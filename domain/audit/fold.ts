// What every commit of a log replaced, from the log alone: commits carry whole new values, so what was before is what the
// commit before it about the same thing made. An object keeps the same values as it applies its commits; verify, and an
// object that is older than that, find them here.

import type { Commit, LogRef } from '../log/types.ts'
import { keepsBefores, listing, newValuesOf } from './changes.ts'
import { auditRecordOf } from './record.ts'
import type { AuditRecord } from './types.ts'

export interface Replaced {
  commit: Commit
  befores: unknown[]
}

/** Commits in order; those of users' events are passed over, since they change no value that another replaces. */
export function* withBefores(log: LogRef, commits: Iterable<Commit>): Generator<Replaced> {
  const known = new Map<string, unknown>()
  for (const commit of commits) {
    if (!keepsBefores(commit)) continue
    const values = newValuesOf(log, commit).map(({ entity, after }) => ({ name: JSON.stringify([entity.kind, entity.id]), after }))
    yield { commit, befores: values.map(({ name }) => known.get(name) ?? null) }
    for (const { name, after } of values) known.set(name, after)
  }
}

/** Every record of the log that may stand in the workspace's list. `isOptional`: it does only where the user's own log has none. */
export function* listableRecords(log: LogRef, commits: Iterable<Commit>): Generator<{ record: AuditRecord; isOptional: boolean }> {
  for (const { commit, befores } of withBefores(log, commits)) {
    const where = listing(log, commit)
    if (where !== 'own') yield { record: auditRecordOf(commit, log, befores), isOptional: where === 'elsewhere' }
  }
}
