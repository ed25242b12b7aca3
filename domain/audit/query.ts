// How the list of a workspace's audit records is asked for, and what of a record it is found by.

import { auditPlaceOf } from './record-id.ts'
import type { AuditRecord, EntityKind } from './types.ts'

export interface AuditFilter {
  subject?: string
  /** Records about this user, of what was done for it, and of what it did. */
  userId?: string
  entity?: string
  entityId?: string
  operation?: string
  /** Inclusive. */
  fromMs?: number
  /** Exclusive. */
  toMs?: number
}

/** Where a record stands among all of its workspace: by time, then by its place in its log. */
export interface AuditKey {
  atMs: number
  sequence: number
  auditRecordId: string
}

export interface AuditListPage {
  limit: number
  order: 'asc' | 'desc'
  /** The last record of the page before. */
  after?: AuditKey
}

export const auditKeyOf = ({ auditRecordId, atMs }: AuditRecord): AuditKey => ({
  atMs,
  sequence: placeOf(auditRecordId).at.sequence,
  auditRecordId,
})

/** The columns of a record's row in the index: a pure function of the record, so that verify can hold them against it. */
export function auditColumnsOf(record: AuditRecord) {
  const { auditRecordId, atMs, who, forUserId, entity, aboutUserId, operation } = record
  return {
    auditRecordId,
    ...placeOf(auditRecordId).at,
    atMs,
    subject: who.subject,
    userId: forUserId ?? who.userId ?? null,
    aboutUserId: aboutUserId ?? null,
    entityKind: entity.kind as string,
    entityId: entity.id,
    operation,
  }
}

function placeOf(auditRecordId: string) {
  const place = auditPlaceOf(auditRecordId)
  if (place === null) throw new Error('an audit record has a name that is none')
  return place
}

const listed: Record<Exclude<EntityKind, 'activity-log'>, true> = {
  workspace: true,
  user: true,
  session: true,
  activity: true,
  'virtual-currency': true,
  'reward-rule': true,
  'runtime-leaderboard-configuration': true,
  'runtime-leaderboard': true,
  client: true,
  throttle: true,
  policy: true,
  media: true,
  blob: true,
}

/** What the list can be asked about; users' events stand in each user's own list alone. */
export const listedKinds = Object.keys(listed) as [keyof typeof listed, ...(keyof typeof listed)[]]
