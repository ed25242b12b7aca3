// One alarm, many reasons: the next retry, the next repair, outbox rows without a receipt, keys that expire. The alarm
// is only ever moved closer while it is set; when it fires, settle() plans the next.

import type { Position } from '../../domain/log/types.ts'
import type { OutboxBody, OutboxRow } from '../../domain/outbox.ts'
import { bytesOf } from './packing.ts'
import type { LogPorts } from './ports.ts'
import type { LogTables } from './tables.ts'

/** A queue message holds 128 KB with its envelope. Rows share one up to here; */
const messageLimitBytes = 96 * 1024
/** a row alone may take this much, and a command that would make a larger one is refused. */
export const rowLimitBytes = 120_000
const rowsAtOnce = 500

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

  repairLater(): void {
    this.repairAt(this.#ports.now() + this.#ports.limits.repairAfterMs)
  }

  repairAt(atMs: number): void {
    this.#tables.setMeta('repair_at_ms', atMs)
    this.wakeBy(atMs)
  }

  purge(): void {
    this.#tables.purgeClaims(this.#ports.now())
  }

  /** After a settle: the alarm for what is left. */
  plan(pendingLeft: boolean): void {
    const { limits } = this.#ports
    const repairAtMs = this.#tables.meta('repair_at_ms')
    if (repairAtMs > 0) this.wakeBy(repairAtMs)
    if (pendingLeft || this.#tables.outboxSize() > 0) this.wakeBy(this.#ports.now() + limits.resendAfterMs)
  }

  /**
   * Sends every row that the record has and nobody has confirmed of late. At least once: a receipt may be lost. A
   * message that the queue refuses holds up no other; false when there was one.
   */
  async sendOutbox(confirmed: Position): Promise<boolean> {
    const nowMs = this.#ports.now()
    for (;;) {
      const due = this.#tables.dueOutbox(confirmed.sequence, nowMs - this.#ports.limits.resendAfterMs + 1, rowsAtOnce)
      const batches = this.#batch(due, confirmed)
      let refused = false
      for (const batch of batches) {
        // Marked first: a row that changes while the send is under way is due again by its new mark.
        for (const { id, sequence } of batch) this.#tables.markSent(id, sequence, nowMs)
        try {
          await this.#ports.send(batch)
        } catch (error) {
          for (const { id, sequence } of batch) this.#tables.markSent(id, sequence, 0)
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
    if (this.#tables.outboxSize() > 0) this.wakeBy(this.#ports.now() + this.#ports.limits.resendAfterMs)
    return true
  }

  #batch(due: { id: string; sequence: number; body: string | null }[], confirmed: Position): OutboxRow[][] {
    const batches: OutboxRow[][] = []
    let size = messageLimitBytes
    for (const { id, sequence, body } of due) {
      const made = body === null ? this.#made(id, sequence, confirmed) : (JSON.parse(body) as OutboxBody)
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
  #made(id: string, sequence: number, confirmed: Position): OutboxBody | null | undefined {
    try {
      return this.#materialize(id, confirmed)
    } catch (thrown) {
      this.#tables.markSent(id, sequence, this.#ports.now())
      this.#ports.report({ event: 'log/stumbled', detail: `outbox ${id}: ${thrown instanceof Error ? thrown.message : String(thrown)}` })
      return undefined
    }
  }
}
