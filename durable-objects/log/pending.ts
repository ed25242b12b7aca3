// Commits that no region has confirmed, kept in R2 meanwhile. One put at a time; what is decided while it is under way
// rides in the next.

import type { LogPorts } from './ports.ts'
import type { LogTables } from './tables.ts'

export class Pending {
  readonly #ports: LogPorts
  readonly #tables: LogTables
  #putting: Promise<boolean> | undefined

  constructor(ports: LogPorts, tables: LogTables) {
    this.#ports = ports
    this.#tables = tables
  }

  /** True once R2 or a region holds everything through `sequence`. `progress` is read anew before every put. */
  async keep(sequence: number, progress: () => { confirmed: number; decided: number }): Promise<boolean> {
    while (this.through() < sequence && progress().confirmed < sequence) {
      this.#putting ??= this.#put(progress()).finally(() => {
        this.#putting = undefined
      })
      if (!(await this.#putting)) return false
    }
    return true
  }

  through(): number {
    return this.#tables.meta('pending_through')
  }

  /** After the record has it all: R2 lets go. Keeps the mark when something is left or R2 does not answer, so that it is tried again. */
  async release(confirmed: number): Promise<void> {
    const through = this.through()
    if (through === 0 || through > confirmed) return
    const removed = await this.#ports.pending.remove(this.#ports.log, confirmed)
    if (removed.ok && this.through() === through) this.#tables.setMeta('pending_through', 0)
  }

  async #put({ confirmed, decided }: { confirmed: number; decided: number }): Promise<boolean> {
    const from = Math.max(this.through(), confirmed) + 1
    if (from > decided) return true
    const body = this.#tables.bodyOf(from, decided)
    const kept = await this.#ports.pending.put(this.#ports.log, this.#tables.meta('incarnation'), from, decided, body)
    if (kept.ok) {
      this.#tables.setMeta('pending_through', decided)
      this.#ports.report({ event: 'log/kept_at_edge', from, to: decided })
    } else {
      this.#ports.report({ event: 'log/edge_refused', detail: kept.error.detail })
    }
    return kept.ok
  }
}
