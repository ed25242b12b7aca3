// From a commit to its audit record. Pure: the commit, whose log it is of, and what it replaced.

import { digestOf } from '../log/fold.ts'
import type { Commit, LogRef } from '../log/types.ts'
import type { PlayerEffects } from '../player/types.ts'
import { activityBefore, entityOf, newValuesOf } from './changes.ts'
import { auditRecordIdOf, userCommandPlace } from './record-id.ts'
import type { AuditRecord, Change, Cuttable, EntityRef } from './types.ts'

/** In a list, each of before, after and also is left out when its JSON is longer than this, in UTF-8 bytes: three of them must fit a queue message. */
export const listedLimitBytes = 16 * 1024

/** `befores` are the values that the commit replaced, in the order of newValuesOf; an event's are found in the commit itself. */
export function auditRecordOf(commit: Commit, log: LogRef, befores: unknown[]): AuditRecord {
  const { trail, refusal } = commit
  const entity = entityOf(log, commit.command)
  const changes = newValuesOf(log, commit).map(
    ({ entity, after }, i): Change => ({
      entity,
      before: entity.kind === 'activity-log' ? activityBefore(commit.effects as PlayerEffects) : (befores[i] ?? null),
      after,
    }),
  )
  const own = changes.find((change) => isSame(change.entity, entity))
  const also = changes.filter((change) => change !== own)
  const cause = causeOf(commit, log)
  const isMachine = trail.platform === 'm2m'
  const about = log.kind === 'player' ? log.entityId : entity.kind === 'user' ? entity.id : undefined
  return {
    auditRecordId: auditRecordIdOf(log, commit),
    atMs: commit.decidedAtMs,
    who: {
      subject: trail.subject,
      platform: trail.platform,
      ...(trail.userId !== undefined && !isMachine && { userId: trail.userId }),
    },
    ...(trail.userId !== undefined && isMachine && { forUserId: trail.userId }),
    operation: trail.operation ?? (commit.command as { kind: string }).kind,
    ...(trail.policies && { policies: trail.policies }),
    requestId: trail.requestId,
    ...(trail.traceparent !== undefined && { traceparent: trail.traceparent }),
    ...(trail.from && { from: trail.from }),
    entity,
    ...(about !== undefined && { aboutUserId: about }),
    ...(own && { before: own.before, after: own.after }),
    ...(also.length > 0 && { also }),
    outcome: refusal?.code ?? 'done',
    ...(cause !== undefined && { causedBy: cause }),
    digest: digestOf(JSON.stringify(commit)),
  }
}

const isSame = (a: EntityRef, b: EntityRef): boolean => a.kind === b.kind && a.id === b.id

function causeOf({ eventId }: Commit, { kind, workspaceId }: LogRef): string | undefined {
  const at = kind === 'player' && eventId !== undefined ? userCommandPlace(eventId) : null
  return at ? auditRecordIdOf({ kind: 'workspace', entityId: workspaceId }, at) : undefined
}

const cuttable: Cuttable[] = ['before', 'after', 'also']
const bytesOf = (value: unknown): number => new TextEncoder().encode(JSON.stringify(value) ?? '').length

/** The record as lists and the index have it: what is large is left out, and said to be. */
export function listedRecord(record: AuditRecord): AuditRecord {
  const cut = cuttable.filter((member) => bytesOf(record[member]) > listedLimitBytes)
  if (cut.length === 0) return record
  return {
    ...(Object.fromEntries(Object.entries(record).filter(([member]) => !cut.includes(member as Cuttable))) as unknown as AuditRecord),
    cut,
  }
}
