// Single events of many users, sent by several machines: half of these name the user in the body alone, the others in
// x-user-id too, whose limits count then. Each event is dated in one of many months, so that every one counts on old boards.

import { seededRandom } from '../open-loop/arrivals.ts'
import type { ShotSource } from '../open-loop/shots.ts'

export interface EventsPlan {
  users: string[]
  /** Tokens. */
  machines: string[]
  activityId: string
  /** Starts of the months that events are dated in. */
  monthsMs: number[]
  idPrefix: string
  seed: number
}

/** Days that every month has. */
const daysMs = 28 * 86_400_000

export const eventIdOf = (prefix: string, n: number): string => `${prefix}-${n}`

export function shotsOf(data: unknown): ShotSource {
  const { users, machines, activityId, monthsMs, idPrefix, seed } = data as EventsPlan
  const random = seededRandom(seed)
  const oneOf = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T
  return (n) => {
    const userId = oneOf(users)
    const machine = n % machines.length
    const id = eventIdOf(idPrefix, n)
    const completedAt = new Date(oneOf(monthsMs) + random() * daysMs).toISOString()
    return {
      method: 'POST',
      path: '/app/v1/activity-logs',
      headers: {
        authorization: `Bearer ${machines[machine]}`,
        'content-type': 'application/json',
        ...(machine % 2 === 1 && { 'x-user-id': userId }),
      },
      body: JSON.stringify({ activityId, userId, value: 1, outcome: 'SUCCESS', activityLogId: id, completedAt }),
      label: 'event',
      id,
    }
  }
}
