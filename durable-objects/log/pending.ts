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

  /** Something of this log may be in R2: noted before it is put, so that an object that dies in the put still lets go of it. */
  mayHold(): boolean {
    return this.#tables.meta('pending_tried') > 0
  }

  /** After the record has it all: R2 lets go. Keeps the mark when something is left or R2 does not answer, so that it is tried again. */
  async release(confirmed: number): Promise<void> {
    const tried = this.#tables.meta('pending_tried')
    if (tried === 0 || tried > confirmed) return
    const life = this.#tables.meta('incarnation')
    const removed = await this.#ports.pending.remove(this.#ports.log, life, confirmed)
    if (!removed.ok || this.#tables.meta('pending_tried') !== tried || !this.#isStill(life)) return
    this.#tables.setMeta('pending_through', 0)
    this.#tables.setMeta('pending_tried', 0)
  }

  async #put({ confirmed, decided }: { confirmed: number; decided: number }): Promise<boolean> {
    const life = this.#tables.meta('incarnation')
    const from = Math.max(this.through(), confirmed) + 1
    // Only when the life that decided is over, and its commits are gone: there is nothing to keep.
    if (from > decided) return false
    const body = this.#tables.bodyOf(from, decided)
    this.#tables.setMeta('pending_tried', decided)
    const kept = await this.#ports.pending.put(this.#ports.log, life, from, decided, body)
    // The mark would tell the next life that R2 has commits of its own.
    if (!this.#isStill(life)) return false
    if (kept.ok) {
      this.#tables.setMeta('pending_through', decided)
      // Again: the mark may have been taken away while the put was under way.
      this.#tables.setMeta('pending_tried', decided)
      this.#ports.report({ event: 'log/kept_at_edge', from, to: decided })
    } else {
      this.#ports.report({ event: 'log/edge_refused', detail: kept.error.detail })
    }
    return kept.ok
  }

  #isStill(life: number): boolean {
    return this.#tables.meta('incarnation') === life
  }
}
