// What all limiters are held against: the times at which requests were let through, and the most that any window may have.

import type { Limit } from '../../../domain/limits/types.ts'

/** By how many the fullest window goes beyond the quota and what it refills: at most 0 where the limit held. */
export function mostAbove({ quota, windowSeconds }: Limit, admittedAtMs: number[]): number {
  const times = [...admittedAtMs].sort((a, b) => a - b)
  let most = Number.NEGATIVE_INFINITY
  for (let i = 0; i < times.length; i++)
    for (let j = i; j < times.length; j++) {
      const lastedMs = (times[j] as number) - (times[i] as number)
      most = Math.max(most, j - i + 1 - quota - Math.floor((lastedMs * quota) / (windowSeconds * 1000)))
    }
  return most
}
