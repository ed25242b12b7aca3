// Commits as activity logs, and logs in batches. One author's commits go together, because the platform packs what one
// user does at once into one item of its record; what is left over of many authors shares batches.

import { type Client, expectStatus, jitterMs, problemOf, Unavailable, type Waiting } from './client.ts'
import { type Commit, completedAtMs } from './git-log.ts'
import { activityId } from './setup.ts'

export const batchLimit = 100

export interface ActivityLog {
  activityId: string
  userId: string
  activityLogId: string
  completedAt: string
  value: number
  outcome: 'SUCCESS'
  additionalData: { insertions: number; deletions: number; files: number }
}

export const toLog = (commit: Commit, userId: string): ActivityLog => ({
  activityId,
  userId,
  activityLogId: commit.sha,
  completedAt: new Date(completedAtMs(commit)).toISOString(),
  value: 1,
  outcome: 'SUCCESS',
  additionalData: { insertions: commit.insertions, deletions: commit.deletions, files: commit.files },
})

/** Batches of at most `limit`; each author's commits stay in their order. First the full ones, in turn over the authors. */
export function toBatches<T>(byAuthor: Iterable<T[]>, limit = batchLimit): T[][] {
  const full: T[][][] = []
  const shared: T[][] = []
  for (const items of byAuthor) {
    const whole = Math.floor(items.length / limit)
    for (let chunk = 0; chunk < whole; chunk++) {
      const turn = full[chunk] ?? []
      full[chunk] = turn
      turn.push(items.slice(chunk * limit, (chunk + 1) * limit))
    }
    const rest = items.slice(whole * limit)
    const open = shared.at(-1)
    if (rest.length === 0) continue
    if (open && open.length + rest.length <= limit) open.push(...rest)
    else shared.push(rest)
  }
  return [...full.flat(), ...shared]
}

export interface BatchOutcome {
  /** Commit hashes that the record has, or that the edge keeps for it. */
  acknowledged: string[]
  /** Of these, how many it had before. */
  replayed: number
  /** Of the replayed, how many it has with other details: dates and line counts may differ between two readings of git. */
  differing: number
  /** Of the acknowledged, how many may wait at the edge for the record to come back. */
  edge: number
  refused: { sha: string; problem: string }[]
}

interface BatchItem {
  status: number
  replayed: boolean
  problem?: { code?: string }
}

/** Sends what was put off again until none is left; throws `Unavailable` when patience ends. */
export async function sendBatch(client: Client, logs: ActivityLog[], waiting: Waiting): Promise<BatchOutcome> {
  const outcome: BatchOutcome = { acknowledged: [], replayed: 0, differing: 0, edge: 0, refused: [] }
  const startedAtMs = waiting.now()
  let open = logs
  for (let tries = 0; open.length > 0; tries++) {
    const reply = await client.send('app', 'POST', '/app/v1/activity-logs/batch', { logs: open })
    const { items } = expectStatus<{ items: BatchItem[] }>(reply, 'send commits', 200)
    if (items.length !== open.length) throw new Error(`a batch of ${open.length} logs was answered with ${items.length} items`)
    const before = outcome.acknowledged.length
    const again = open.filter((log, at) => settle(outcome, log, items[at] as BatchItem, tries))
    if (reply.headers.get('x-durability') === 'edge') outcome.edge += outcome.acknowledged.length - before
    if (again.length > 0) {
      if (waiting.now() - startedAtMs > waiting.patienceMs) throw new Unavailable(`${again.length} commits were put off for too long`)
      await waiting.sleep(jitterMs(tries, waiting.random))
    }
    open = again
  }
  return outcome
}

/** A server error that one log meets every time is shown, not repeated for ever. */
const bugTries = 6

/** True when the log must be sent again. */
function settle(outcome: BatchOutcome, log: ActivityLog, item: BatchItem, tries: number): boolean {
  const { status, replayed, problem } = item
  // The event is there, once; what it says is not ours to change any more.
  const differs = status === 409 && problem?.code === 'resource/already_exists'
  if ((status >= 200 && status < 300) || differs) {
    outcome.acknowledged.push(log.activityLogId)
    if (replayed || differs) outcome.replayed++
    if (differs) outcome.differing++
    return false
  }
  // 409 otherwise: the same request is still under way.
  if (status === 409 || status === 429 || status === 503 || (status >= 500 && tries < bugTries)) return true
  outcome.refused.push({ sha: log.activityLogId, problem: problemOf(status, problem) })
  return false
}
