// Cuts waiting commits into log items: only between commits, each at most `itemLimitBytes` of UTF-8.

import { itemLimitBytes } from '../../domain/log/types.ts'

const encoder = new TextEncoder()

export const bytesOf = (text: string): number => encoder.encode(text).byteLength

/** The largest commit that fits an item alone, brackets included. */
export const commitLimitBytes = itemLimitBytes - 2

/** Borders of consecutive items over `waiting`, which is in sequence order and holds no commit above `commitLimitBytes`. */
export function cutItems(waiting: { sequence: number; body: string }[]): { first: number; last: number }[] {
  const items: { first: number; last: number }[] = []
  let size = 0
  for (const { sequence, body } of waiting) {
    const current = items.at(-1)
    const added = bytesOf(body) + 1
    if (current && size + added <= itemLimitBytes) {
      current.last = sequence
      size += added
    } else {
      items.push({ first: sequence, last: sequence })
      // The closing bracket; the opening one is in `added`, where the comma would be.
      size = 1 + added
    }
  }
  return items
}
