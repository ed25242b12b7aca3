// Packed items for tests: real digests, and positions that follow on from each other.

import { createHash } from 'node:crypto'
import type { LogRef, PackedItem, Position } from '../../../../domain/log/types.ts'

export const playerLog = (userId: string): LogRef => ({ workspaceId: 'ws00000001', kind: 'player', entityId: userId })

export function packed(previous: Position, to: number, options: { writer?: number; body?: string } = {}): PackedItem {
  const writer = options.writer ?? Math.max(previous.incarnation, 1)
  const from = previous.sequence + 1
  const body = options.body ?? JSON.stringify([{ writer, from, to }])
  const digest = createHash('sha256').update(body).digest('hex')
  return { writer, from, to, previous, head: { incarnation: writer, sequence: to }, body, digest }
}

/** `count` items of `step` commits each, one after the other from the beginning. */
export function chain(count: number, step = 2, body?: (index: number) => string): PackedItem[] {
  const items: PackedItem[] = []
  for (let index = 0; index < count; index += 1) {
    const previous = items.at(-1)?.head ?? { incarnation: 0, sequence: 0 }
    items.push(packed(previous, previous.sequence + step, body && { body: body(index) }))
  }
  return items
}
