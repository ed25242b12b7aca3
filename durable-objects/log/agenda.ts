// One alarm, many reasons: the next retry, the next repair, outbox rows without a receipt, keys that expire. The alarm
// is only ever moved closer while it is set; when it fires, settle() plans the next.

import type { Position } from '../../domain/log/types.ts'
import type { OutboxBody, OutboxRow } from '../../domain/outbox.ts'
import { bytesOf } from './packing.ts'
import type { LogPorts } from './ports.ts'
import type { LogTables, StoredOutboxRow } from './tables.ts'

/** A queue message holds 128 KB with its envelope. Rows share one up to here; */
const messageLimitBytes = 96 * 1024
/** a row alone may take this much, and a command that would make a larger one is refused. */
export const rowLimitBytes = 120_000
const rowsAtOnce = 500
/** A row that nobody confirms is sent again after `resendAfterMs`, then twice that, up to so many times as long. */
const longestResend = 16

export class Agenda {
  readonly #ports: LogPorts
  readonly #tables: LogTables
  readonly #materialize: (id: string, confirmed: Position) => OutboxBody | null
  #alarmAtMs = Number.POSITIVE_INFINITY

  constructor(ports: LogPorts, tables: LogTables, materialize: (id: string, confirmed: Position) => OutboxBody | null) {
    this.#ports = ports
    this.#tables = tables
    this.#materialize = materialize
  }

  wakeBy(atMs: number): void {
    if (atMs >= this.#alarmAtMs) return
    this.#alarmAtMs = atMs
    this.#ports.setAlarm(atMs)
  }

  /** The alarm fired: whatever is still due must be planned again. */
  fired(): void {
    this.#alarmAtMs = Number.POSITIVE_INFINITY
  }

  /** The alarm fired and nothing was done: it comes again then, whatever was planned. */
  postpone(atMs: number): void {
    this.fired()
    this.wakeBy(atMs)
  }

  /** Spread, so that what was disturbed in one moment is not looked at in one moment. */
  repairLater(): void {
    const { repairAfterMs } = this.#ports.limits
    this.repairAt(this.#ports.now() + repairAfterMs + Math.floor(this.#ports.random() * Math.min(repairAfterMs / 4, 30_000)))
  }

  repairAt(atMs: number): void {
    this.#tables.setMeta('repair_at_ms', atMs)
    this.wakeBy(atMs)
  }

  purge(): void {
    this.#tables.purgeClaims(this.#ports.now())
  }

  /** After a settle: the alarm for what is left. */
  plan(pendingLeft: boolean, confirmed: number): void {
    const { limits } = this.#ports
    const repairAtMs = this.#tables.meta('repair_at_ms')
    if (repairAtMs > 0) this.wakeBy(repairAtMs)
    if (pendingLeft) this.wakeBy(this.#ports.now() + limits.resendAfterMs)
    this.#wakeForOutbox(confirmed)
  }

  #wakeForOutbox(confirmed: number): void {
    const dueAtMs = this.#tables.outboxDueAtMs(confirmed)
    if (dueAtMs !== null) this.wakeBy(Math.max(dueAtMs, this.#ports.now() + this.#ports.limits.retryAfterMs))
  }

  /** Spread by a quarter. Doubling: a consumer that is behind must not be sent the same again and again by everybody. */
  #resendAtMs(nowMs: number, sends: number): number {
    const afterMs = this.#ports.limits.resendAfterMs * Math.min(longestResend, 2 ** sends)
    return nowMs + Math.ceil(afterMs * (1 - this.#ports.random() / 4))
  }

  /**
   * Sends every row that the record has and nobody has confirmed of late. At least once: a receipt may be lost. A
   * message that the queue refuses holds up no other; false when there was one.
   */
  async sendOutbox(confirmed: Position): Promise<boolean> {
    const nowMs = this.#ports.now()
    for (;;) {
      const due = this.#tables.dueOutbox(confirmed.sequence, nowMs, rowsAtOnce)
      const sends = new Map(due.map((row) => [row.id, row.sends]))
      const batches = this.#batch(due, confirmed)
      let refused = false
      for (const batch of batches) {
        // Marked first: a row that changes while the send is under way is due again by its new mark.
        for (const { id, sequence } of batch) {
          const before = sends.get(id) ?? 0
          this.#tables.markSent(id, sequence, this.#resendAtMs(nowMs, before), before + 1)
        }
        try {
          await this.#ports.send(batch)
        } catch (error) {
          for (const { id, sequence } of batch) this.#tables.markSent(id, sequence, 0, sends.get(id) ?? 0)
          this.#ports.report({ event: 'log/send_failed', detail: error instanceof Error ? error.message : String(error) })
          refused = true
        }
      }
      if (refused) {
        this.wakeBy(nowMs + this.#ports.limits.retryAfterMs)
        return false
      }
      if (due.length < rowsAtOnce) break
    }
    this.#wakeForOutbox(confirmed.sequence)
    return true
  }

  #batch(due: StoredOutboxRow[], confirmed: Position): OutboxRow[][] {
    const batches: OutboxRow[][] = []
    let size = messageLimitBytes
    for (const { id, sequence, body, sends } of due) {
      const made = body === null ? this.#made(id, sequence, sends, confirmed) : (JSON.parse(body) as OutboxBody)
      if (made === undefined) continue
      if (made === null) {
        this.#tables.confirmOutbox(id, sequence)
        continue
      }
      const row: OutboxRow = { id, sequence, body: made }
      const bytes = bytesOf(JSON.stringify(row))
      if (size + bytes > messageLimitBytes) {
        batches.push([])
        size = 0
      }
      batches.at(-1)?.push(row)
      size += bytes
    }
    return batches
  }

  /** Undefined when it cannot be made: the row waits as if it had been sent, and the others do not wait for it. */
  #made(id: string, sequence: number, sends: number, confirmed: Position): OutboxBody | null | undefined {
    try {
      return this.#materialize(id, confirmed)
    } catch (thrown) {
      this.#tables.markSent(id, sequence, this.#resendAtMs(this.#ports.now(), sends), sends + 1)
      this.#ports.report({ event: 'log/stumbled', detail: `outbox ${id}: ${thrown instanceof Error ? thrown.message : String(thrown)}` })
      return undefined
    }
  }
}
