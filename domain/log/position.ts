// Order and text form of places in a log.

import type { LogRef, Position } from './types.ts'

/** Negative when `a` comes first. A later incarnation comes later whatever the sequence. */
export const comparePositions = (a: Position, b: Position): number => a.incarnation - b.incarnation || a.sequence - b.sequence

export const samePosition = (a: Position, b: Position): boolean => a.incarnation === b.incarnation && a.sequence === b.sequence

/** For keys of R2 and names in logs; ids are url-safe, so `/` separates. */
export const logPath = (log: LogRef): string => [log.workspaceId, log.kind, log.entityId].map(encodeURIComponent).join('/')
