// Does what global tables do: sends each written item, as it stands now, to the other region, singly and in no order,
// and takes the other's copies only where their stamp is newer. At least once; a copy that comes twice loses to itself.
// Trade-off: several writes of one item inside the lag become one copy, as they may in the real thing.

import type { EngineClient } from './engine-client.ts'
import type { Attributes } from './items.ts'
import { isNewer, type Journal, type Stamp, type Unsent } from './journal.ts'
import type { KeyLocks } from './key-locks.ts'

export interface Copy {
  table: string
  key: Attributes
  name: string
  /** Null where the item was deleted. */
  item: Attributes | null
  stamp: Stamp
}

export type CopyOutcome = 'applied' | 'older' | 'unavailable'

/** The way to the other region's tap. Rejecting means the same as `unavailable` for each. */
export type PeerLink = (copies: Copy[]) => Promise<CopyOutcome[]>

export interface Hold {
  readonly held: number
  release(): void
}

export interface Replication {
  connect(peer: PeerLink): void
  setLag(ms: number): void
  /** A broken link between the regions, in this direction; both go on serving. */
  pause(): void
  resume(): void
  /** Keeps back the copies of items whose table and key contain this text. */
  hold(contains: string): Hold
  readonly unsent: number
  readonly held: number
  /** Settles when nothing waits to be sent, held copies included. */
  drained(): Promise<void>
}

export interface ReplicationParts {
  journal: Journal
  engine: () => EngineClient
  locks: KeyLocks
  isRunning: () => boolean
  lagMs: number
  random: () => number
}

const batchSize = 32
const retryMs = 100
/** A peer that is gone is asked with one copy at a time, ever more rarely: reading all that waits again would starve the writes. */
const retryCeilingMs = 2_000

export function createReplication(parts: ReplicationParts) {
  const { journal, locks } = parts
  const waiting = new Map<string, Unsent>()
  const ready = new Set<string>()
  const timers = new Set<NodeJS.Timeout>()
  const holds = new Map<Hold, { contains: string; names: Set<string> }>()
  let peer: PeerLink | undefined
  let lagMs = parts.lagMs
  let paused = false
  let closed = false
  let sending = 0
  let refusals = 0
  let restingForMs = 0
  let whenDrained: Array<() => void> = []

  const after = (ms: number, run: () => void) => {
    const timer = setTimeout(() => {
      timers.delete(timer)
      if (!closed) run()
    }, ms)
    timers.add(timer)
  }
  const makeReady = (name: string) => {
    if (!waiting.has(name)) return
    const hold = [...holds.values()].find((one) => name.includes(one.contains))
    if (hold) hold.names.add(name)
    else ready.add(name)
    void pump()
  }
  // The spread is what puts copies out of order; with no lag, what is sent together is still shuffled.
  const schedule = (name: string) => (lagMs > 0 ? after(lagMs * (0.5 + parts.random()), () => makeReady(name)) : makeReady(name))

  function enqueue(items: Unsent[]) {
    for (const item of items) {
      const known = waiting.has(item.name)
      waiting.set(item.name, item)
      if (!known) schedule(item.name)
    }
  }

  async function pump(): Promise<void> {
    if (closed || paused || !peer || !parts.isRunning() || restingForMs > 0 || sending >= (refusals > 0 ? 1 : 2) || ready.size === 0) return
    const names = shuffle([...take(ready, refusals > 0 ? 1 : batchSize)], parts.random)
    sending++
    const again = await sendBatch(names, peer).catch(() => names)
    sending--
    if (closed) return
    if (again.length === names.length) rest(again)
    else {
      refusals = 0
      for (const name of again) after(retryMs, () => makeReady(name))
    }
    if (waiting.size === 0) {
      for (const resolve of whenDrained) resolve()
      whenDrained = []
    }
    void pump()
  }

  function rest(names: string[]): void {
    for (const name of names) ready.add(name)
    restingForMs = Math.min(retryCeilingMs, retryMs * 2 ** Math.min(refusals, 10))
    refusals++
    after(restingForMs, () => {
      restingForMs = 0
      for (const name of [...ready]) makeReady(name)
      void pump()
    })
  }

  /** The names that must be tried again. */
  async function sendBatch(names: string[], link: PeerLink): Promise<string[]> {
    // An item that is being written right now is read when that write is over: its value and its stamp must belong together.
    const before = names.flatMap((name) => (locks.isHeld(name) ? [] : (waiting.get(name) ?? [])))
    const items = await parts.engine().read(before)
    // The engine has lost them, with its file or a part of it: a region that loses data must not delete the other's.
    for (const ref of before) {
      if (ref.isDeleted || items.get(ref.name) !== null || waiting.get(ref.name) !== ref) continue
      journal.sent(ref.name, ref.stamp)
      waiting.delete(ref.name)
    }
    const copies = before.flatMap((ref): Copy[] => {
      const stamp = journal.stampOf(ref.name)
      const item = items.get(ref.name)
      const isSteady = !locks.isHeld(ref.name) && waiting.get(ref.name) === ref && stamp !== undefined
      return isSteady && item !== undefined ? [{ table: ref.table, key: ref.key, name: ref.name, item, stamp }] : []
    })
    const outcomes = copies.length > 0 ? await link(copies) : []
    const settled = copies.filter((copy, i) => {
      if (outcomes[i] !== 'applied' && outcomes[i] !== 'older') return false
      // What is queued may have been written again meanwhile, or carry the stamp of a copy that overtook it.
      const queued = waiting.get(copy.name)
      if (!queued || isNewer(queued.stamp, copy.stamp)) return false
      journal.sent(copy.name, queued.stamp)
      return waiting.delete(copy.name)
    })
    const done = new Set(settled.map((copy) => copy.name))
    return names.filter((name) => !done.has(name) && waiting.has(name))
  }

  async function receiveOne(copy: Copy): Promise<CopyOutcome> {
    return locks.hold([copy.name], async () => {
      if (!parts.isRunning()) return 'unavailable'
      if (!isNewer(copy.stamp, journal.stampOf(copy.name))) return 'older'
      if (copy.item) await parts.engine().call('PutItem', { TableName: copy.table, Item: copy.item })
      else await parts.engine().call('DeleteItem', { TableName: copy.table, Key: copy.key })
      journal.setStamp(copy.name, copy.stamp)
      return 'applied'
    })
  }

  return {
    connect(link: PeerLink) {
      peer = link
      void pump()
    },
    setLag: (ms: number) => {
      lagMs = ms
    },
    pause: () => {
      paused = true
    },
    resume() {
      paused = false
      void pump()
    },
    hold(contains: string): Hold {
      const names = new Set([...ready].filter((name) => name.includes(contains)))
      for (const name of names) ready.delete(name)
      const hold: Hold = {
        get held() {
          return names.size
        },
        release() {
          holds.delete(hold)
          for (const name of names) makeReady(name)
        },
      }
      holds.set(hold, { contains, names })
      return hold
    },
    get unsent() {
      return waiting.size
    },
    get held() {
      return [...holds.values()].reduce((sum, hold) => sum + hold.names.size, 0)
    },
    drained: () => (waiting.size === 0 && sending === 0 ? Promise.resolve() : new Promise<void>((resolve) => whenDrained.push(resolve))),
    enqueue,
    pump,
    /** Applies the other region's copies, each for itself. */
    receive: (copies: Copy[]) => Promise.all(copies.map((copy) => receiveOne(copy).catch((): CopyOutcome => 'unavailable'))),
    close() {
      closed = true
      for (const timer of timers) clearTimeout(timer)
    },
  }
}

function* take<T>(from: Set<T>, count: number): Generator<T> {
  for (const value of from) {
    if (count-- <= 0) return
    from.delete(value)
    yield value
  }
}

function shuffle<T>(list: T[], random: () => number): T[] {
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[list[i], list[j]] = [list[j] as T, list[i] as T]
  }
  return list
}
