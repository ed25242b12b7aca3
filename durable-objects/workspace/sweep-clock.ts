// When a workspace's media are swept: the object's alarm asks for it over the queue, and whoever takes the message does it
// (workers/consumers/media-sweep.ts). Nothing waits for an answer: what is still due an hour later is asked for again.
//
// Guarantees: an alarm stands as long as anything will be due. Every commit sets one that fires soon, and every alarm
// plans the next here, after the log has planned its own; looks, which are no commits, plan too. None of it moves an alarm
// that the log needs further away, not even one of an earlier life, which the agenda does not remember.

import type { OutboxRow } from '../../domain/outbox.ts'
import type { Agenda } from '../log/agenda.ts'
import type { LogPorts } from '../log/ports.ts'
import type { MediaTables } from './media-tables.ts'

const row: OutboxRow = { id: 'media-sweep', sequence: 0, body: { kind: 'media-sweep', after: null } }

export class SweepClock {
  readonly #ports: Pick<LogPorts, 'now' | 'send' | 'report' | 'limits'>
  readonly #agenda: Pick<Agenda, 'wakeBy'>
  readonly #tables: Pick<MediaTables, 'nextSweepAtMs' | 'sweepAsked'>
  readonly #alarmAtMs: () => Promise<number | null>

  /** `alarmAtMs`: when the object's alarm will fire, as its storage has it. */
  constructor(
    ports: Pick<LogPorts, 'now' | 'send' | 'report' | 'limits'>,
    agenda: Pick<Agenda, 'wakeBy'>,
    tables: Pick<MediaTables, 'nextSweepAtMs' | 'sweepAsked'>,
    alarmAtMs: () => Promise<number | null>,
  ) {
    this.#ports = ports
    this.#agenda = agenda
    this.#tables = tables
    this.#alarmAtMs = alarmAtMs
  }

  /** Each time the alarm has fired, once the log has done its part. Never throws. */
  async alarm(): Promise<void> {
    try {
      const dueAtMs = this.#tables.nextSweepAtMs()
      if (dueAtMs !== null && dueAtMs <= this.#ports.now()) {
        // Sent before it is noted: who dies in between asks twice, and never not at all.
        await this.#ports.send([row])
        this.#tables.sweepAsked(this.#ports.now())
      }
      const nextAtMs = this.#tables.nextSweepAtMs()
      if (nextAtMs !== null) this.#agenda.wakeBy(nextAtMs)
    } catch (thrown) {
      this.#ports.report({ event: 'log/send_failed', detail: `media-sweep: ${thrown instanceof Error ? thrown.message : String(thrown)}` })
      this.#agenda.wakeBy(this.#ports.now() + this.#ports.limits.resendAfterMs)
    }
  }

  /** When the object is opened, and when something will be due that no commit has made so. Never rejects. */
  async plan(): Promise<void> {
    try {
      if (this.#tables.nextSweepAtMs() === null) return
      const setAtMs = await this.#alarmAtMs()
      const dueAtMs = this.#tables.nextSweepAtMs()
      if (dueAtMs !== null && (setAtMs === null || dueAtMs < setAtMs)) this.#agenda.wakeBy(dueAtMs)
    } catch (thrown) {
      this.#ports.report({ event: 'log/stumbled', detail: `media-sweep: ${thrown instanceof Error ? thrown.message : String(thrown)}` })
    }
  }
}
