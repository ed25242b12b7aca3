// The name of an audit record: which log, and the commit's place in it.

import type { LogRef, Position } from '../log/types.ts'

const names = { player: 'user', workspace: 'workspace' } as const satisfies Record<LogRef['kind'], string>

export const auditRecordIdOf = ({ kind, entityId }: Pick<LogRef, 'kind' | 'entityId'>, { incarnation, sequence }: Position): string =>
  `${names[kind]}:${entityId}:${incarnation}.${sequence}`

export interface AuditPlace {
  kind: LogRef['kind']
  entityId: string
  at: Position
}

/** Null for what is no such name. A user's id may hold any of the separators, so the end is found first. */
export function auditPlaceOf(auditRecordId: string): AuditPlace | null {
  const [, name, entityId = '', incarnation, sequence] =
    /^(user|workspace):(.+):([1-9]\d{0,14})\.([1-9]\d{0,14})$/.exec(auditRecordId) ?? []
  if (name === undefined) return null
  const at = { incarnation: Number(incarnation), sequence: Number(sequence) }
  return { kind: name === 'user' ? 'player' : 'workspace', entityId, at }
}

/** The decision that a user's commit carries out, from the event id that domain/workspace/user-command.ts gives it; null for any other event. */
export function userCommandPlace(eventId: string): Position | null {
  const [, incarnation, sequence] = /^workspace→([1-9]\d{0,14}):([1-9]\d{0,14})$/.exec(eventId) ?? []
  return sequence === undefined ? null : { incarnation: Number(incarnation), sequence: Number(sequence) }
}
