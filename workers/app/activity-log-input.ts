// An activity log as clients send it, checked and turned into the command of one user's object. An id that the client
// gives is the event's own: the same id twice has one effect, for ever. One that we make up is not.

import { z } from 'zod'
import { type Failure, failure, invalidInput } from '../../domain/failures.ts'
import type { Caller } from '../../domain/identity.ts'
import type { ActivityLogCommand } from '../../domain/player/types.ts'
import { freeFormObject } from '../../domain/resources/free-form.ts'
import { instant, text } from '../../domain/resources/text.ts'
import { userIdSchema } from '../edge/auth/claims.ts'
import { fingerprintOf } from '../edge/canonical.ts'
import type { EventIdentity } from '../edge/route.ts'

const additionalDataLimitBytes = 16 * 1024

/** Of a body: what clients put into `additionalData` is theirs. */
export const eventDepth = 100

const smallEnough = (data: unknown): boolean => new TextEncoder().encode(JSON.stringify(data)).byteLength <= additionalDataLimitBytes

export const activityLogInput = z.object({
  activityId: text(128),
  userId: text(128),
  outcome: z.enum(['SUCCESS', 'FAILURE']).optional(),
  value: z.number().default(1),
  tags: z.array(text(200)).max(50).optional(),
  additionalData: freeFormObject.refine(smallEnough, `At most ${additionalDataLimitBytes} bytes of JSON.`).optional(),
  activityLogId: z
    .string()
    .regex(/^[\x20-\x7e]{1,128}$/, '1 to 128 printable ASCII characters.')
    .optional(),
  completedAt: instant.optional(),
})
export type ActivityLogInput = z.infer<typeof activityLogInput>

/** A person logs for themselves; a machine for any user, or for the one it acts for. Null when it may. */
export function refuseOtherUser(caller: Caller, userId: string): Failure | null {
  const anyUser = caller.platform === 'm2m' && caller.userId === undefined
  if (!anyUser && caller.userId !== userId) return failure('auth/insufficient_permissions', 'You may log activities of your own user only.')
  // Answered like any other user that is not there, before an object or a storage key is made of it.
  return userIdSchema.safeParse(userId).success ? null : failure('resource/not_found', 'There is no such user.')
}

/** How far ahead of ours the clock of a person's device may be. */
export const maxAheadMs = 24 * 3_600_000

/** A device's clock is checked; a machine that brings in a history tells the dates as they are. Null when it may. */
export function refuseFarAhead(caller: Caller, { completedAt }: ActivityLogInput, nowMs: number): Failure | null {
  if (caller.platform === 'm2m' || completedAt === undefined || Date.parse(completedAt) <= nowMs + maxAheadMs) return null
  return invalidInput('/completedAt', 'An event lies at most 24 hours ahead.')
}

export function activityLogCommand(input: ActivityLogInput, nowMs: number, newId: () => string): ActivityLogCommand {
  const { activityId, outcome, value, tags, additionalData, activityLogId, completedAt } = input
  return {
    kind: 'activity.log',
    activityLogId: activityLogId ?? newId(),
    activityId,
    value,
    completedAtMs: completedAt === undefined ? nowMs : Date.parse(completedAt),
    ...(outcome !== undefined && { outcome }),
    ...(tags !== undefined && { tags }),
    ...(additionalData !== undefined && { additionalData }),
  }
}

/** What the event says is all that the client said; the time only if it gave one. Whom it is about, the trail names too. */
export function eventIdentity(input: ActivityLogInput): EventIdentity {
  const forUserId = input.userId
  if (input.activityLogId === undefined) return { forUserId }
  const { completedAt } = input
  const said = { ...input, ...(completedAt !== undefined && { completedAt: Date.parse(completedAt) }) }
  return { eventId: input.activityLogId, eventFingerprint: fingerprintOf(said), forUserId }
}
