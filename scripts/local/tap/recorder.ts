// Forwards a write so that no kill can make the regions forget it: the intent is on disk before the engine sees it, and
// what was written is stamped and queued for the other region before the caller is answered. A write whose outcome is
// not known (the engine died, or this process did) is judged afterwards by what stands in the engine.

import type { EngineAnswer, EngineClient } from './engine-client.ts'
import { type Attributes, itemHash, itemRef, type Write, writesOf } from './items.ts'
import { type Intent, type Journal, type PlannedWrite, tokenLifeMs, type Unsent } from './journal.ts'
import type { KeyLocks } from './key-locks.ts'

export interface RecorderParts {
  region: string
  journal: Journal
  locks: KeyLocks
  engine: () => EngineClient
  now: () => number
  onWritten: (items: Unsent[]) => void
}

export interface WriteRequest {
  operation: string
  headers: Record<string, string>
  body: Buffer
}

export function createRecorder(parts: RecorderParts) {
  const { journal, locks } = parts
  const inFlight = new Set<number>()
  let hasOpenIntents = journal.intents().length > 0
  let settling: Promise<void> | undefined

  /** Rejects when the engine gave no whole answer; the intent is then kept until `settle`. */
  async function write(request: WriteRequest): Promise<EngineAnswer> {
    const body = parse(request.body)
    const writes = body ? await writesOf(request.operation, body, (table) => parts.engine().keyAttributes(table)).catch(() => []) : []
    // What names no item we can understand, the engine refuses too.
    if (writes.length === 0) return parts.engine().forward(request.headers, request.body)
    return locks.hold(
      writes.map((one) => one.name),
      () => forward(request, body ?? {}, writes),
    )
  }

  async function forward(request: WriteRequest, body: Record<string, unknown>, writes: Write[]): Promise<EngineAnswer> {
    if (hasOpenIntents || settling) await settle()
    const token = typeof body.ClientRequestToken === 'string' ? body.ClientRequestToken : undefined
    const isRepeat = token !== undefined && journal.hasToken(token, parts.now() - tokenLifeMs)
    const intent = journal.begin(await plan(writes))
    inFlight.add(intent.id)
    let answer: EngineAnswer
    try {
      answer = await parts.engine().forward(request.headers, request.body)
    } catch (error) {
      hasOpenIntents = true
      throw error
    } finally {
      inFlight.delete(intent.id)
    }
    if (answer.status >= 500) {
      hasOpenIntents = true
    } else if (answer.status !== 200 || isRepeat) {
      // To the repeat of a token the engine says yes without writing: a new stamp would make an old value win.
      journal.abandon(intent)
    } else {
      record(intent, landedWrites(request.operation, intent.writes, answer), token)
    }
    return answer
  }

  async function plan(writes: Write[]): Promise<PlannedWrite[]> {
    // Later than any stamp the item has, so that a clock that stands still or goes back cannot lose a write here.
    const stamped = writes.map((one): PlannedWrite => {
      const previous = journal.stampOf(one.name)
      return { ...one, stamp: { atMs: Math.max(parts.now(), (previous?.atMs ?? 0) + 1), region: parts.region } }
    })
    const updates = stamped.filter((one) => one.kind === 'update')
    if (updates.length === 0) return stamped
    const standing = await parts.engine().read(updates)
    return stamped.map((one) => (one.kind === 'update' ? { ...one, before: hashOf(standing.get(one.name)) } : one))
  }

  function record(intent: Intent, writes: PlannedWrite[], token?: string) {
    journal.landed(intent, writes, token === undefined ? undefined : { value: token, atMs: parts.now() })
    parts.onWritten(writes.map(({ table, key, name, stamp, kind }) => ({ table, key, name, stamp, isDeleted: kind === 'delete' })))
  }

  /** Ends the intents whose outcome is unknown, by what stands in the engine now. Rejects while it cannot be read. */
  function settle(): Promise<void> {
    settling ??= settleAll().finally(() => {
      settling = undefined
    })
    return settling
  }

  async function settleAll(): Promise<void> {
    hasOpenIntents = false
    try {
      for (const intent of journal.intents()) {
        if (inFlight.has(intent.id)) continue
        const standing = await parts.engine().read(intent.writes)
        const landed = intent.writes.filter((one) => hasLanded(one, hashOf(standing.get(one.name))))
        if (landed.length > 0) record(intent, landed)
        else journal.abandon(intent)
      }
    } catch (error) {
      hasOpenIntents = true
      throw error
    }
  }

  return { write, settle }
}

/** A put or a delete that left things as they were may be taken for landed: nobody can tell the difference. */
function hasLanded(write: PlannedWrite, hash: string): boolean {
  if (write.kind === 'put') return hash === write.hash
  return write.kind === 'delete' ? hash === '' : hash !== write.before
}

const hashOf = (item: Attributes | null | undefined) => (item ? itemHash(item) : '')

/** A batch may be done in part; what it hands back was not written. */
function landedWrites(operation: string, writes: PlannedWrite[], answer: EngineAnswer): PlannedWrite[] {
  if (operation !== 'BatchWriteItem') return writes
  const { UnprocessedItems = {} } = parse(answer.body) as { UnprocessedItems?: Record<string, Unprocessed[]> }
  if (Object.keys(UnprocessedItems).length === 0) return writes
  return writes.filter((one) => !isAmong(one, UnprocessedItems))
}

interface Unprocessed {
  PutRequest?: { Item: Attributes }
  DeleteRequest?: { Key: Attributes }
}

function isAmong(write: PlannedWrite, left: Record<string, Unprocessed[]>): boolean {
  return (left[write.table] ?? []).some((request) => {
    const item: Attributes = request.PutRequest?.Item ?? request.DeleteRequest?.Key ?? {}
    return itemRef(write.table, Object.fromEntries(Object.keys(write.key).map((name) => [name, item[name] ?? {}]))).name === write.name
  })
}

function parse(body: Buffer): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(body.toString())
    return value && typeof value === 'object' ? value : undefined
  } catch {
    return undefined
  }
}
