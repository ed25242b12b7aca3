// R2's two promises, in memory: strongly consistent reads, and a claim that one alone wins.

import { digestOf } from '../../../domain/log/fold.ts'
import { type LogRef, origin, type PackedItem } from '../../../domain/log/types.ts'
import { fail, ok } from '../../../domain/result.ts'
import type { PendingStore } from '../../../r2/pending-store.ts'

export class MemoryPending implements PendingStore {
  up = true
  /** Stands in the way of every put until it settles. */
  holding: Promise<void> | undefined
  readonly lives = new Set<number>()
  objects: PackedItem[] = []

  #answer<T>(value: () => T) {
    return this.up ? ok(value()) : fail({ code: 'pending/unavailable' as const, detail: 'down' })
  }

  async put(_log: LogRef, incarnation: number, from: number, to: number, body: string) {
    await this.holding
    return this.#answer(() => {
      this.objects.push({
        writer: incarnation,
        from,
        to,
        previous: origin,
        head: { incarnation, sequence: to },
        body,
        digest: digestOf(body),
      })
    })
  }

  read = async () => this.#answer(() => [...this.objects])

  async remove(_log: LogRef, life: number, through: number) {
    return this.#answer(() => {
      this.objects = this.objects.filter(({ writer, to }) => writer > life || (writer === life && to > through))
      return { left: this.objects.length }
    })
  }

  async claimLife(_log: LogRef, incarnation: number) {
    return this.#answer(() => {
      if (this.lives.has(incarnation)) return false
      this.lives.add(incarnation)
      return true
    })
  }

  lastLife = async () => this.#answer(() => Math.max(0, ...this.lives))
  ping = async () => this.up
}
