// What idempotency promises, as slowly and plainly as it can be said: a list of what was decided, each with the key it
// came with and when that key dies. No hash, no table, no canonical text: payloads are compared member by member.

import { isDeepStrictEqual } from 'node:util'

export interface Sent {
  /** Names this one sending; no two have the same. */
  requestId: string
  /** What the client gave; null where the platform derives one (a POST without one); undefined where it may not. */
  key: string | null | undefined
  payload: Payload
}

export type Payload = { activityId: string; value: number; activityLogId?: string } & Record<string, unknown>

export interface Lifetimes {
  givenMs: number
  derivedMs: number
}

/** One decision that was stored: an effect, or the refusal of a request whose key was given and that is known by nothing else. */
export interface Decision {
  requestId: string
  payload: Payload
  key: string | null | undefined
  keyDiesAtMs: number
  refusal?: string
  /** As it was first seen: what every repeat must be. */
  seen?: unknown
}

export type Expected =
  | { as: 'first' | 'repeat'; decision: Decision }
  /** Refused, and nothing of it is kept. */
  | { as: 'refused'; code: string }

export class Model {
  decisions: Decision[] = []
  userIsDeleted = false
  readonly #lifetimes: Lifetimes
  readonly #published: string

  constructor(lifetimes: Lifetimes, published: string) {
    this.#lifetimes = lifetimes
    this.#published = published
  }

  /** What becomes of a request; a first one is noted. */
  send(sent: Sent, nowMs: number): Expected {
    const { key, payload } = sent
    const earlier = this.#sameKey(sent, nowMs)
    if (earlier !== undefined) {
      if (isDeepStrictEqual(earlier.payload, payload)) return { as: 'repeat', decision: earlier }
      return { as: 'refused', code: 'idempotency/key_reused' }
    }
    const event = this.effects().find((one) => payload.activityLogId !== undefined && one.payload.activityLogId === payload.activityLogId)
    if (event !== undefined) {
      // The event's id names it, whatever key it comes with; such a key is not noted.
      if (isDeepStrictEqual(event.payload, payload)) return { as: 'repeat', decision: event }
      return { as: 'refused', code: 'resource/already_exists' }
    }
    const refusal = this.#refusal(payload)
    // An event that was refused leaves its id free, and its key: the retry is judged anew.
    if (refusal !== undefined && (typeof key !== 'string' || payload.activityLogId !== undefined)) return { as: 'refused', code: refusal }
    const decision: Decision = { ...sent, keyDiesAtMs: nowMs + this.#lifeOf(key), ...(refusal !== undefined && { refusal }) }
    this.decisions.push(decision)
    return { as: 'first', decision }
  }

  effects(): Decision[] {
    return this.decisions.filter(({ refusal }) => refusal === undefined)
  }

  /** What the platform's storage lost and no region had is as if it had never been sent. */
  keepOnly(requestIds: Set<string>): void {
    this.decisions = this.decisions.filter(({ requestId }) => requestIds.has(requestId))
  }

  #sameKey({ key, payload }: Sent, nowMs: number): Decision | undefined {
    if (key === undefined) return undefined
    return this.decisions.find((one) => {
      if (nowMs >= one.keyDiesAtMs) return false
      // A derived key is the payload's, so another payload has another; an event's own id needs none.
      if (key === null) return one.key === null && payload.activityLogId === undefined && isDeepStrictEqual(one.payload, payload)
      return one.key === key
    })
  }

  #refusal({ activityId }: Payload): string | undefined {
    if (this.userIsDeleted) return 'resource/not_found'
    return activityId === this.#published ? undefined : 'validation/invalid_input'
  }

  #lifeOf(key: string | null | undefined): number {
    if (key === undefined) return 0
    return key === null ? this.#lifetimes.derivedMs : this.#lifetimes.givenMs
  }
}
