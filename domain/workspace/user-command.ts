// A command that a workspace has decided for one of its users, and the event id under which the user's own log takes it
// once, whoever brings it: the request that asked for it, or the outbox after it died.

import type { Trail } from '../identity.ts'
import type { Position } from '../log/types.ts'
import type { PlayerCommand } from '../player/types.ts'

export interface UserCommand {
  eventId: string
  /** Its place in the workspace's log: a user's commands take effect in this order. */
  sequence: number
  command: PlayerCommand
  /** Of the request that the workspace decided it for. */
  trail?: Trail
}

/** Clients name events in ASCII, so none of theirs can stand where a workspace's command must go. */
export const userCommandEventId = ({ incarnation, sequence }: Position): string => `workspace→${incarnation}:${sequence}`

/** Outbox rows of one user's commands have ids that begin so and end with the command's sequence. */
export const userCommandPrefix = (userId: string): string => `player:${userId}:`

export const commandSequence = (rowId: string): number => Number(rowId.slice(rowId.lastIndexOf(':') + 1))
