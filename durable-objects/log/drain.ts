// The one loop that takes a log's commits to the record, and the agenda behind its alarm.
//
//   pack what waits (borders are stored, never changed)
//   for each region, home first:   send what it lacks, in order;   the first that is up to date confirms
//   no region:                     wake again later; callers are told, and ask R2
//   too much waits here already:   the same, but R2 is not asked: the regions are there, this isolate is behind
//   then, and only then:           outbox rows up to what is confirmed go out
//
// A region's cursor is how far its copy is known to be whole. After failing over, an unknown outcome, or a fence that
// shows something else, region-sync.ts finds out where it really stands. While a call is under way other commands
// decide and ride in the next packing.

import type { RegionFailure, RegionLog } from '../../aws-core/dynamodb/region-log.ts'
import type { Position } from '../../domain/log/types.ts'
import type { OutboxBody } from '../../domain/outbox.ts'
import { Agenda } from './agenda.ts'
import { cutItems } from './packing.ts'
import type { Pending } from './pending.ts'
import type { LogPorts } from './ports.ts'
import { markLoss, tellLosses } from './region-loss.ts'
import { type Standing, syncRegion } from './region-sync.ts'
import type { LogTables } from './tables.ts'

/** `overloaded`: not sent, since too much of this isolate waits for the regions. */
type Confirmation = 'confirmed' | 'unreachable' | 'overloaded'

interface TurnedAway {
  /** A region is there, and more waits for it than may. */
  isOverload: boolean
  /** The soonest that a region said. */
  retryAfterMs: number | null
  /** A region failed and said nothing of when. */
  isUnhinted: boolean
}

export class Drain {
  decided = 0
  confirmed = 0
  /** A later life of this object has written the record: this one must not go on. */
  superseded = false
  readonly agenda: Agenda
  readonly #ports: LogPorts
  readonly #tables: LogTables
  readonly #pending: Pending
  readonly #waiting: { sequence: number; tell: (outcome: Confirmation) => void }[] = []
  /** What the next append must find in a region's fence, where that is not the item's predecessor. */
  readonly #standing = new Map<string, Standing>()
  /** Regions that have lost data: commands go to the others first, and the alarm sends what is missing. */
  readonly #lacking = new Set<string>()
  #running: Promise<void> | undefined
  #flushing: Promise<void> | undefined
  #failures = 0
  /** Whether the last round found a region that would have taken it later, and when to come again, ms from then. */
  #turnedAway: TurnedAway = { isOverload: false, retryAfterMs: null, isUnhinted: false }

  constructor(ports: LogPorts, tables: LogTables, pending: Pending, materialize: (id: string, confirmed: Position) => OutboxBody | null) {
    this.#ports = ports
    this.#tables = tables
    this.#pending = pending
    this.agenda = new Agenda(ports, tables, materialize)
    this.reload()
  }

  /** Takes the progress from the tables: after a start, a rehydration, an abandonment. */
  reload(): void {
    this.superseded = false
    this.#standing.clear()
    this.#lacking.clear()
    this.decided = this.#tables.lastSequence()
    this.confirmed = Math.max(0, ...this.#ports.regions.map(({ region }) => this.#tables.cursor(region)))
  }

  /** The alarm that drains what this life cannot: set in the same storage transaction as the commit. */
  guard(): void {
    this.agenda.wakeBy(this.#ports.now() + 5 * this.#ports.limits.retryAfterMs)
  }

  wake(): void {
    this.agenda.wakeBy(this.#ports.now())
  }

  confirmation(sequence: number): Promise<Confirmation> {
    if (sequence <= this.confirmed) return Promise.resolve('confirmed')
    // A drain that an alarm began may stand behind everybody who is waited for.
    if (this.#running) for (const region of this.#ports.regions) region.hurry?.()
    return new Promise((tell) => this.#waiting.push({ sequence, tell }))
  }

  /** Starts the loop unless it runs. */
  start(): Promise<void> {
    this.#running ??= this.#run()
      .catch((thrown) => {
        this.stumbled(thrown)
        this.#giveUp()
      })
      .finally(() => {
        this.#running = undefined
        // Decided, or come to wait, between the loop's last look and now.
        const left = this.decided > this.confirmed && !this.superseded
        if (left && (this.#failures === 0 || this.#waiting.length > 0)) void this.start()
        else this.#tellAll(this.#whyNot())
      })
    return this.#running
  }

  /** Notes what should not have been thrown. Whoever catches it goes on: the commits are stored, and an alarm stands behind them. */
  stumbled(thrown: unknown): void {
    this.#ports.report({ event: 'log/stumbled', detail: thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown) })
  }

  /** What the alarm does: drain, repair what may have been disturbed, send the outbox, let R2 go. */
  async settle(): Promise<void> {
    await this.start()
    await this.#repair()
    await this.#mend()
    await tellLosses(this.#ports, this.#tables, this.agenda)
    await this.#pending.release(this.confirmed)
    await this.flush()
    this.agenda.purge()
    if (this.decided > this.confirmed) this.agenda.wakeBy(this.#ports.now() + this.#againMs())
    this.agenda.plan(this.#pending.mayHold(), this.confirmed)
  }

  async #run(): Promise<void> {
    while (this.confirmed < this.decided && !this.superseded) {
      const life = this.#life()
      this.#pack()
      if (await this.#sendToFirst()) this.#failures = 0
      else if (this.#life() === life) return this.#giveUp()
    }
    this.#tellAll(this.#whyNot())
    if (this.#pending.mayHold()) this.wake()
    // Not awaited: what is decided meanwhile must not wait for the queue. The agenda's alarm stands behind it.
    void this.flush()
  }

  /** Nobody is kept waiting for what the alarm will try again. */
  #giveUp(): void {
    this.#failures += 1
    this.#tellAll(this.#whyNot())
    this.agenda.wakeBy(this.#ports.now() + this.#againMs())
  }

  #whyNot(): Confirmation {
    return this.#turnedAway.isOverload ? 'overloaded' : 'unreachable'
  }

  /** Sends the outbox up to what is confirmed. One at a time: a row that is being sent is not sent twice at once. Never rejects. */
  flush(): Promise<void> {
    this.#flushing ??= this.#sendConfirmed()
      .catch((thrown) => {
        this.stumbled(thrown)
        this.agenda.wakeBy(this.#ports.now() + this.#ports.limits.resendAfterMs)
      })
      .finally(() => {
        this.#flushing = undefined
      })
    return this.#flushing
  }

  /** Again, for what was confirmed while the queue took the rows before it. */
  async #sendConfirmed(): Promise<void> {
    for (let through = -1; through < this.confirmed; ) {
      through = this.confirmed
      if (!(await this.agenda.sendOutbox(this.#tables.positionAt(through)))) return
    }
  }

  /** The life that is under way. Whoever waited looks again: cursors of one life are lies in the next. */
  #life(): number {
    return this.#tables.meta('incarnation')
  }

  #pack(): void {
    const incarnation = this.#tables.meta('incarnation')
    this.#ports.sql.transaction(() => {
      for (const { first, last } of cutItems(this.#tables.unpacked(this.#tables.lastPacked())))
        this.#tables.addItem(incarnation, first, last)
    })
  }

  async #sendToFirst(): Promise<boolean> {
    this.#turnedAway = { isOverload: false, retryAfterMs: null, isUnhinted: false }
    const isLacking = ({ region }: RegionLog) => this.#lacking.has(region)
    const { regions } = this.#ports
    const wholeFirst = [...regions.filter((region) => !isLacking(region)), ...regions.filter(isLacking)]
    for (const [rank, region] of wholeFirst.entries()) {
      if (await this.#send(this.#inItsTurn(region), isLacking(region))) {
        // Another than the home region took it: what the home region missed or took late is looked at afterwards.
        if (rank > 0) this.agenda.repairLater()
        return true
      }
      if (this.superseded) return false
      // A region that is there and has its hands full is not left for the other: that would fill the other's too.
      if (this.#turnedAway.isOverload) return false
    }
    return false
  }

  /** What nobody waits for goes behind what somebody waits for. */
  #inItsTurn(region: RegionLog): RegionLog {
    return this.#waiting.length > 0 ? region : (region.background ?? region)
  }

  /** True once the region holds every packing. Unless it is to `catchUp`, one that is found to have lost data is left for later. */
  async #send(region: RegionLog, catchUp: boolean): Promise<boolean> {
    const { region: name } = region
    const life = this.#life()
    if (this.#tables.cursor(name) < this.confirmed && !(await this.#sync(region))) return false
    for (let mismatches = 0; ; ) {
      const item = this.#tables.itemAfter(this.#tables.cursor(name))
      if (!item) return true
      const standing = this.#standing.get(name)
      const sent = await region.append(this.#ports.log, item, standing === undefined ? item.previous : standing.fence)
      if (this.#life() !== life) return false
      if (sent.ok) {
        this.#standing.delete(name)
        this.#advance(name, item.to)
      } else if (isMismatch(sent.error) && ++mismatches <= 3) {
        if (!(await this.#sync(region)) || (this.#lacking.has(name) && !catchUp)) return false
      } else {
        this.#trouble(sent.error)
        return false
      }
    }
  }

  async #sync(region: RegionLog): Promise<boolean> {
    const life = this.#life()
    const synced = await syncRegion(this.#ports.log, region, this.#tables)
    if (this.#life() !== life) return false
    if (!synced.ok) {
      if (synced.error.code === 'region/superseded') {
        this.superseded = true
        this.#ports.report({ event: 'log/superseded', detail: `${region.region} shows ${JSON.stringify(synced.error.fence)}` })
      } else {
        this.#trouble(synced.error)
      }
      return false
    }
    const { cursor, filled, standing, lost } = synced.value
    if (lost) this.#lacking.add(region.region)
    if (lost) markLoss(this.#ports, this.#tables, this.agenda, region.region)
    if (standing) this.#standing.set(region.region, standing)
    else this.#standing.delete(region.region)
    this.#advance(region.region, cursor)
    this.#ports.report({ event: 'log/region_synced', region: region.region, filled, cursor })
    return true
  }

  /** Looks at every region again once no request that was given up can still land, until all stand where they should. */
  async #repair(): Promise<void> {
    const due = this.#tables.meta('repair_at_ms')
    if (due === 0 || due > this.#ports.now() || this.superseded) return
    const life = this.#life()
    let whole = true
    for (const region of this.#ports.regions) whole = (await this.bring(region.background ?? region)) && whole
    if (this.#life() !== life) return
    if (whole && this.#tables.meta('repair_at_ms') === due) this.#tables.setMeta('repair_at_ms', 0)
    else if (!whole) this.agenda.repairAt(this.#ports.now() + this.#againMs())
  }

  /** Finds out where the region stands and sends it what it lacks behind that. */
  async bring(region: RegionLog): Promise<boolean> {
    return (await this.#sync(region)) && (await this.#send(region, true))
  }

  async #mend(): Promise<void> {
    for (const region of this.#ports.regions) {
      if (!this.#lacking.has(region.region) || this.superseded) continue
      if (await this.bring(region.background ?? region)) this.#lacking.delete(region.region)
      else this.agenda.wakeBy(this.#ports.now() + this.#againMs())
    }
  }

  #advance(region: string, cursor: number): void {
    this.#tables.setCursor(region, cursor)
    if (cursor <= this.confirmed) return
    this.confirmed = cursor
    for (let i = this.#waiting.length - 1; i >= 0; i--) {
      const waiter = this.#waiting[i]
      if (waiter && waiter.sequence <= cursor) {
        this.#waiting.splice(i, 1)
        waiter.tell('confirmed')
      }
    }
  }

  #tellAll(outcome: Confirmation): void {
    for (const waiter of this.#waiting.splice(0)) waiter.tell(waiter.sequence <= this.confirmed ? 'confirmed' : outcome)
  }

  #trouble(error: RegionFailure): void {
    const detail = 'detail' in error ? error.detail : JSON.stringify(error)
    if (error.code === 'region/overloaded') this.#turnedAway.isOverload = true
    if ('retryAfterMs' in error && error.retryAfterMs !== undefined) {
      this.#turnedAway.retryAfterMs = Math.min(error.retryAfterMs, this.#turnedAway.retryAfterMs ?? Number.POSITIVE_INFINITY)
    } else {
      this.#turnedAway.isUnhinted = true
    }
    this.#ports.report({ event: 'log/region_trouble', region: error.region, code: error.code, detail })
    if (error.code === 'region/unknown_outcome' || error.code === 'region/digest_mismatch') this.agenda.repairLater()
  }

  /** When the gate of a region said when to come, then; it spreads who comes. Else by full jitter under a doubling ceiling. */
  #againMs(): number {
    const { retryAfterMs, isUnhinted } = this.#turnedAway
    const ceiling = Math.min(60_000, this.#ports.limits.retryAfterMs * 2 ** Math.min(this.#failures, 10))
    const backoffMs = ceiling * this.#ports.random()
    const least = this.#ports.limits.retryAfterMs / 10
    // One region said when to come, the other did not answer once: it may be there before.
    const afterMs = retryAfterMs === null ? backoffMs : isUnhinted ? Math.min(retryAfterMs, backoffMs) : retryAfterMs
    return Math.ceil(Math.max(least, afterMs))
  }
}

/** Something else stands there than this life expects: it looks before it says so. */
const isMismatch = ({ code }: RegionFailure): boolean => code === 'region/fence_mismatch' || code === 'region/digest_mismatch'
