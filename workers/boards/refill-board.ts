// A board whose object has lost its storage, filled again from the users' own objects (which stand for the record).
//
//   gather the totals of all users, page by page  ->  push them  ->  see to the rest  ->  open
//
// It is opened last, so a board is `lost` or whole to its readers, never half full, and whoever dies in between leaves a
// lost board to the next. Trade-off: beyond `gatherLimit` users one invocation cannot hold them all; then it is opened
// once the rest is on its way, and fills up under its readers' eyes.

import type { BoardRef, ScorePush, Series } from '../../domain/boards/types.ts'
import { type Failure, failure } from '../../domain/failures.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import { mapBounded } from '../concurrency.ts'
import type { Services } from '../services.ts'

/** A reader waits for so many users; more go to the queue. */
export const inlineUsers = 100
export const gatherLimit = 5000
const pageSize = 100
const pushSize = 500

export interface Refilled {
  /** Null when every user is in; else where to go on. */
  after: string | null
}

/**
 * `goOn` sees to the users behind `after`, before the board is opened. Errors: `record/unavailable` when a user's total
 * cannot be read now; the board stays as it was.
 */
export async function refillBoard(
  services: Services,
  ref: BoardRef,
  series: Series,
  from: string | null,
  goOn: (after: string) => Promise<void>,
  limit = gatherLimit,
): Promise<Result<Refilled>> {
  const gathered = await gatherScores(services, ref, series, from, limit)
  if (!gathered.ok) return gathered
  const { pushes, after } = gathered.value
  const board = services.leaderboard(ref)
  for (let i = 0; i < pushes.length; i += pushSize) await board.push(ref, pushes.slice(i, i + pushSize), true)
  if (after !== null) await goOn(after)
  await board.open(ref)
  return ok({ after })
}

/** The users that one invocation cannot hold are a message each page. */
export const goOnByQueue = (services: Services, ref: BoardRef) => (after: string) => services.enqueue([refillMessage(ref, after)])

/** For a reader: at once where the workspace is small, else by the queue; then the reader is asked to come again. */
export async function refillForReader(services: Services, ref: BoardRef, series: Series): Promise<Result<void>> {
  const users = await services.workspace(ref.workspaceId).directory(ref.workspaceId, null, inlineUsers + 1)
  if (!users.ok) return users
  if (users.value.length <= inlineUsers) {
    const refilled = await refillBoard(services, ref, series, null, goOnByQueue(services, ref))
    return refilled.ok ? ok(undefined) : refilled
  }
  await services.enqueue([refillMessage(ref, null)])
  return fail(comeAgain)
}

export const comeAgain: Failure = failure('record/unavailable', 'This leaderboard is being restored.', { retryAfterSeconds: 1 })

export const refillMessage = ({ workspaceId, boardId, seriesId, periodId }: BoardRef, after: string | null) => ({
  version: 1 as const,
  workspaceId,
  source: { kind: 'workspace' as const },
  rows: [{ id: `refill:${boardId}`, sequence: 0, body: { kind: 'refill' as const, seriesId, periodId, after } }],
})

async function gatherScores(
  services: Services,
  { workspaceId, periodId }: BoardRef,
  series: Series,
  from: string | null,
  limit: number,
): Promise<Result<{ pushes: ScorePush[]; after: string | null }>> {
  const pushes: ScorePush[] = []
  let after = from
  for (let read = 0; read < limit; read += pageSize) {
    const page = await services.workspace(workspaceId).directory(workspaceId, after, pageSize)
    if (!page.ok) return page
    const replies = await mapBounded(page.value, ({ userId }) => {
      const ref = { workspaceId, userId }
      return services.player(ref).scores(ref, [series])
    })
    for (const reply of replies) {
      if (reply.ok) pushes.push(...reply.value.filter((score) => score.periodId === periodId).map(({ push }) => push))
      // Deleted, or claimed and not yet born: not on any board.
      else if (reply.error.code !== 'resource/not_found') return reply
    }
    const last = page.value.at(-1)
    if (!last || page.value.length < pageSize) return ok({ pushes, after: null })
    after = last.userId
  }
  return ok({ pushes, after })
}
