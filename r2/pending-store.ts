// R2 as the witness beside the regions: commits that no region has confirmed yet (pending/), and which lives of an
// object have begun (lives/). R2 is strongly consistent and its conditional put is a claim that only one can win, so a
// life's number is given once, for ever, whichever region is down.
//
// Keys: pending/{workspace}/{kind}/{entity}/{incarnation}-{from}-{to}   JSON { digest, body }, removed once a region has it
//       lives/{workspace}/{kind}/{entity}/{incarnation}                 empty, kept

import { digestOf } from '../domain/log/fold.ts'
import { logPath } from '../domain/log/position.ts'
import { type LogRef, origin, type PackedItem } from '../domain/log/types.ts'
import { fail, ok, type Result } from '../domain/result.ts'

export type PendingFailure = { code: 'pending/unavailable'; detail: string }

export interface PendingStore {
  /** Commits from..to as one object; `body` is JSON of Commit[]. */
  put(log: LogRef, incarnation: number, from: number, to: number, body: string): Promise<Result<void, PendingFailure>>
  /** Everything that waits, as items that a fold takes. */
  read(log: LogRef): Promise<Result<PackedItem[], PendingFailure>>
  /**
   * Removes what this life has put and reaches no further than `through`, and everything of the lives before it: what of
   * it is on the chain lies before `through` too. Never what a later life has put. Returns what is left.
   */
  remove(log: LogRef, incarnation: number, through: number): Promise<Result<{ left: number }, PendingFailure>>
  /** True when this number was free and is now ours. */
  claimLife(log: LogRef, incarnation: number): Promise<Result<boolean, PendingFailure>>
  /** The newest life that was ever begun; 0 for none. */
  lastLife(log: LogRef): Promise<Result<number, PendingFailure>>
  ping(): Promise<boolean>
}

const padded = (value: number, width: number) => String(value).padStart(width, '0')

export function r2PendingStore(bucket: R2Bucket): PendingStore {
  return {
    put: (log, incarnation, from, to, body) =>
      guarded(async () => {
        const key = `${pendingPrefix(log)}${padded(incarnation, 6)}-${padded(from, 12)}-${padded(to, 12)}`
        await bucket.put(key, JSON.stringify({ digest: digestOf(body), body }))
      }),
    read: (log) =>
      guarded(async () => {
        const items: PackedItem[] = []
        for (const key of await listKeys(bucket, pendingPrefix(log))) {
          const object = await bucket.get(key)
          // Gone between list and get: a region has it by now, and the reader reads the regions after this.
          if (!object) continue
          const { digest, body } = await object.json<{ digest: string; body: string }>()
          const { incarnation, from, to } = partsOf(key)
          items.push({ writer: incarnation, from, to, previous: origin, head: { incarnation, sequence: to }, body, digest })
        }
        return items
      }),
    remove: (log, incarnation, through) =>
      guarded(async () => {
        const keys = await listKeys(bucket, pendingPrefix(log))
        const done = keys.filter((key) => {
          const parts = partsOf(key)
          return parts.incarnation < incarnation || (parts.incarnation === incarnation && parts.to <= through)
        })
        for (let start = 0; start < done.length; start += 1000) await bucket.delete(done.slice(start, start + 1000))
        return { left: keys.length - done.length }
      }),
    claimLife: (log, incarnation) =>
      guarded(async () => {
        const key = `lives/${logPath(log)}/${padded(incarnation, 6)}`
        const object = await bucket.put(key, '', { onlyIf: { etagDoesNotMatch: '*' } })
        return object !== null
      }),
    lastLife: (log) =>
      guarded(async () => {
        const keys = await listKeys(bucket, `lives/${logPath(log)}/`)
        return keys.reduce((last, key) => Math.max(last, Number(key.slice(key.lastIndexOf('/') + 1))), 0)
      }),
    ping: async () => (await guarded(() => bucket.list({ prefix: 'lives/', limit: 1 }))).ok,
  }
}

const pendingPrefix = (log: LogRef) => `pending/${logPath(log)}/`

function partsOf(key: string): { incarnation: number; from: number; to: number } {
  const [incarnation = 0, from = 0, to = 0] = key
    .slice(key.lastIndexOf('/') + 1)
    .split('-')
    .map(Number)
  return { incarnation, from, to }
}

async function listKeys(bucket: R2Bucket, prefix: string): Promise<string[]> {
  const keys: string[] = []
  let cursor: string | undefined
  do {
    const page: R2Objects = await bucket.list({ prefix, cursor })
    keys.push(...page.objects.map((object) => object.key))
    cursor = page.truncated ? page.cursor : undefined
  } while (cursor)
  return keys
}

async function guarded<T>(run: () => Promise<T>): Promise<Result<T, PendingFailure>> {
  try {
    return ok(await run())
  } catch (error) {
    return fail({ code: 'pending/unavailable', detail: error instanceof Error ? error.message : String(error) })
  }
}
