// What is measured: where it is asked, with what, and what it must answer.

import type { CannonRequest } from 'autocannon'
import type { Stretch } from './load.ts'

export interface Variant {
  name: string
  url: string
  /** The server's processes, for the processor time. */
  pids: number[]
  /** What one connection of several sends, over and over. */
  requests(connection: number, connections: number): CannonRequest[]
  /** Every other status is a mistake and ends the run. */
  expects: number[]
  /** At most; for requests that keep the server busy long. */
  connections?: number
  /** At least, before each measured stretch. */
  warmUpMs?: number
  /** What one request does, where that is more than one thing: a batch of 100. */
  things?: number
  /** Of the answers before any is measured: throws where one is not what it should be. */
  check?(answer: Response): Promise<void>
  /** Before the first round, with what it does a second as it is; may be asked several times. */
  calibrate?(requestsASecond: number): void
  /** Beside the figures, once all rounds are over. */
  note?(rounds: readonly Stretch[]): string
}

/** The n-th of `connections` connections takes every so manieth of these, or shares one where there are fewer. */
export function shareOf<T>(all: readonly T[], connection: number, connections: number): T[] {
  if (all.length <= connections) return [all[connection % all.length] as T]
  return all.filter((_, i) => i % connections === connection)
}
