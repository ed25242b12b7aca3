// The one loop that takes a log's commits to the record, and the agenda behind its alarm.
//
//   pack what waits (borders are stored, never changed)
//   for each region, home first:   send what it lacks, in order;   the first that is up to date confirms
//   no region:                     wake again later; callers are told, and ask R2
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
import { type Standing, syncRegion } from './region-sync.ts'
import type { LogTables } from './tables.ts'

type Confirmation = 'confirmed' | 'unreachable'

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
  #running: Promise<void> | undefined
  #flushing: Promise<void> | undefined
  #failures = 0

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
    return new Promise((tell) => this.#waiting.push({ sequence, tell }))
  }

  /** Starts the loop unless it runs. */
  start(): Promise<void> {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
      // Decided between the loop's last look and now.
      if (this.decided > this.confirmed && this.#failures === 0 && !this.superseded) this.start()
    })
    return this.#running
  }

  /** What the alarm does: drain, repair what may have been disturbed, send the outbox, let R2 go. */
  async settle(): Promise<void> {
    await this.start()
    await this.#repair()
    await this.#pending.release(this.confirmed)
    await this.flush()
    this.agenda.purge()
    if (this.decided > this.confirmed) this.agenda.wakeBy(this.#ports.now() + this.#backoffMs())
    this.agenda.plan(this.#pending.through() > 0)
  }

  async #run(): Promise<void> {
    while (this.confirmed < this.decided && !this.superseded) {
      this.#pack()
      if (!(await this.#sendToFirst())) {
        this.#failures += 1
        this.#tellAll('unreachable')
        this.agenda.wakeBy(this.#ports.now() + this.#backoffMs())
        return
      }
      this.#failures = 0
    }
    this.#tellAll('unreachable')
    if (this.#pending.through() > 0) this.wake()
    // Not awaited: what is decided meanwhile must not wait for the queue. The agenda's alarm stands behind it.
    void this.flush()
  }

  /** Sends the outbox up to what is confirmed. One at a time: a row that is being sent is not sent twice at once. */
  flush(): Promise<void> {
    this.#flushing ??= this.agenda.sendOutbox(this.#tables.positionAt(this.confirmed)).finally(() => {
      this.#flushing = undefined
    })
    return this.#flushing
  }

  #pack(): void {
    const incarnation = this.#tables.meta('incarnation')
    this.#ports.sql.transaction(() => {
      for (const { first, last } of cutItems(this.#tables.unpacked(this.#tables.lastPacked())))
        this.#tables.addItem(incarnation, first, last)
    })
  }

  async #sendToFirst(): Promise<boolean> {
    for (const [rank, region] of this.#ports.regions.entries()) {
      if (await this.#send(region)) {
        // Another than the home region took it: what the home region missed or took late is looked at afterwards.
        if (rank > 0) this.agenda.repairLater()
        return true
      }
      if (this.superseded) return false
    }
    return false
  }

  /** True once the region holds every packing. */
  async #send(region: RegionLog): Promise<boolean> {
    const { region: name } = region
    if (this.#tables.cursor(name) < this.confirmed && !(await this.#sync(region))) return false
    for (let mismatches = 0; ; ) {
      const item = this.#tables.itemAfter(this.#tables.cursor(name))
      if (!item) return true
      const standing = this.#standing.get(name)
      const sent = await region.append(this.#ports.log, item, standing === undefined ? item.previous : standing.fence)
      if (sent.ok) {
        this.#standing.delete(name)
        this.#advance(name, item.to)
      } else if (sent.error.code === 'region/fence_mismatch' && ++mismatches <= 3) {
        if (!(await this.#sync(region))) return false
      } else {
        this.#trouble(sent.error)
        return false
      }
    }
  }

  async #sync(region: RegionLog): Promise<boolean> {
    const synced = await syncRegion(this.#ports.log, region, this.#tables)
    if (!synced.ok) {
      if (synced.error.code === 'region/superseded') {
        this.superseded = true
        this.#ports.report({ event: 'log/superseded', detail: `${region.region} shows ${JSON.stringify(synced.error.fence)}` })
      } else {
        this.#trouble(synced.error)
      }
      return false
    }
    const { cursor, filled, standing } = synced.value
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
    let whole = true
    for (const region of this.#ports.regions) whole = (await this.#sync(region)) && (await this.#send(region)) && whole
    if (whole && this.#tables.meta('repair_at_ms') === due) this.#tables.setMeta('repair_at_ms', 0)
    else if (!whole) this.agenda.repairAt(this.#ports.now() + this.#backoffMs())
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
    this.#ports.report({ event: 'log/region_trouble', region: error.region, code: error.code, detail })
    if (error.code === 'region/unknown_outcome' || error.code === 'region/digest_mismatch') this.agenda.repairLater()
  }

  #backoffMs(): number {
    const ceiling = Math.min(60_000, this.#ports.limits.retryAfterMs * 2 ** Math.min(this.#failures, 10))
    return Math.ceil(ceiling * (0.5 + this.#ports.random() / 2))
  }
}
