// What the load generator sends and what it tells of it. All of it is plain data, since it crosses to a thread of its own.

/** One request. */
export interface Shot {
  method: string
  path: string
  headers: Record<string, string>
  body?: string
  /** Answers are told apart by it. */
  label: string
  /** The event's id: told again where the event was acknowledged. */
  id?: string
}

/** Makes the n-th request; n counts from 0 over the life of the generator. */
export type ShotSource = (n: number) => Shot

/** A module whose `shotsOf(data)` makes the source, in the generator's thread. */
export interface SourcePlan {
  module: string
  data: unknown
}

export interface LoadPlan {
  baseUrl: string
  source: SourcePlan
  /** Open: so many arrivals a second, whatever the answers do. Closed: so many requests out at all times. */
  pace: { kind: 'open'; ratePerSecond: number } | { kind: 'closed'; outstanding: number }
  forMs: number
  /** At the beginning, looked at in no figure but the totals. */
  warmUpMs: number
  /** A request that would be one more is not sent, and told as `unsent`. */
  outstandingAtMost: number
  /** A request without an answer by then has failed. */
  timeoutMs: number
  seed: number
  /** The number of the first request. */
  firstNumber: number
}

/**
 * `record` and `edge` by x-durability of a 2xx, `ok` for a 2xx without one, `busy` for 503, `limited` for 429, `failed` where no answer
 * came, and the status otherwise.
 */
export type Outcome = 'record' | 'edge' | 'ok' | 'busy' | 'limited' | 'failed' | `status ${number}`

export interface Answers {
  label: string
  outcome: Outcome
  count: number
  /** Answered between the end of the warm-up and the end of the load. */
  inWindow: number
  withRetryAfter: number
  /** From when each was due, not from when it was sent. Only of those due after the warm-up; ascending. */
  ms: Float64Array
}

export interface LoadResult {
  arrivals: number
  /** Due while as many as may be were out. */
  unsent: number
  /** Sent more than 50 ms after they were due: the generator's own fault. */
  late: number
  windowMs: number
  answers: Answers[]
  /** Ids of events whose answer was 2xx. */
  acknowledged: string[]
  /** Of the generator's thread, over the load. */
  busy: number
}

export function outcomeOf(status: number, durability: string | undefined): Outcome {
  if (status >= 200 && status < 300) return durability === 'record' || durability === 'edge' ? durability : 'ok'
  if (status === 503) return 'busy'
  if (status === 429) return 'limited'
  return `status ${status}`
}
