// Isolates and objects on one clock, without either: the real limiter and the real core of the object, with a network
// between them that delivers when the test says so. Elapsed time is the sum of the clock's steps forward, which is what
// limits go by when the clock is set back.

import type { Limit } from '../../../domain/limits/types.ts'
import { Admission, type Saved, saveEveryMs } from '../../../durable-objects/rate-limiter/admission.ts'
import type { RateLimiterRpc, TakeReply, TakeRequest } from '../../../durable-objects/rate-limiter/rpc.ts'
import { type LimitDemand, type Limiter, type LimiterEvent, type LimitOutcome, rateLimiter } from '../../../workers/edge/limits/limiter.ts'
import { ObjectUnavailable } from '../../../workers/edge/object-unavailable.ts'

/** A message under way: a request to an object, or its reply. */
interface Message {
  deliver: () => void
}

interface SimulatedObject {
  admission: Admission
  saved: Saved | undefined
  saveAtMs: number
  /** Tokens given since it was last saved. */
  unsaved: number
}

/** One request, and by when each of its tokens counts: what came from an object when that object took it, else when it was spent here. */
interface Request {
  tokenAtMs: Map<string, number>
}

export class World {
  nowMs = 1_000_000_000
  elapsedMs = 0
  /** Calls that reached an object. */
  calls = 0
  /** Whether calls wait for the test to deliver them. */
  isSlow = false
  reach: 'once' | 'twice' | 'never' = 'once'
  readonly messages: Message[] = []
  readonly events: LimiterEvent[] = []
  readonly requests: TakeRequest[] = []
  /** When requests were let through, in elapsed time, by the bucket's name. */
  readonly admitted = new Map<string, number[]>()
  forgotten = 0
  readonly #objects = new Map<string, SimulatedObject>()
  #current: Request | undefined
  #ids = 0

  isolate(capacity?: number): Limiter {
    const limiter = rateLimiter({
      now: () => this.nowMs,
      newId: () => `isolate${this.#ids++}`,
      object: (name) => this.#stub(name),
      report: (event) => void this.events.push(event),
      capacity,
    })
    return { take: (demands) => this.#watch(limiter, demands) }
  }

  /** Saves that fall due on the way are made at their time. */
  advance(ms: number): void {
    const untilMs = this.nowMs + ms
    const due = [...this.#objects.values()].filter(({ saveAtMs }) => saveAtMs <= untilMs).sort((a, b) => a.saveAtMs - b.saveAtMs)
    for (const object of due) {
      this.#move(object.saveAtMs)
      object.saved = object.admission.save(this.nowMs) ?? undefined
      object.unsaved = 0
      object.saveAtMs = Number.POSITIVE_INFINITY
    }
    this.#move(untilMs)
  }

  /** The object dies; the next call finds what was saved. */
  restart(name: string): void {
    const object = this.#object(name)
    this.forgotten += object.unsaved
    this.#objects.set(name, {
      ...object,
      admission: new Admission(object.saved, this.nowMs),
      unsaved: 0,
      saveAtMs: Number.POSITIVE_INFINITY,
    })
  }

  admission = (name: string): Admission => this.#object(name).admission
  saved = (name: string): Saved | undefined => this.#object(name).saved

  /** Delivers one message, whichever `index` falls on, and lets everybody go on who can. */
  async deliver(index: number): Promise<void> {
    const [message] = this.messages.splice(index % Math.max(1, this.messages.length), 1)
    message?.deliver()
    await settle()
  }

  async deliverAll(): Promise<void> {
    while (this.messages.length > 0) await this.deliver(0)
  }

  #move(toMs: number): void {
    this.elapsedMs += Math.max(0, toMs - this.nowMs)
    this.nowMs = toMs
  }

  #watch(limiter: Limiter, demands: LimitDemand[]): LimitOutcome | Promise<LimitOutcome> {
    const request: Request = { tokenAtMs: new Map(demands.map(({ name }) => [name, this.elapsedMs])) }
    this.#current = request
    const outcome = limiter.take(demands)
    this.#current = undefined
    const note = (found: LimitOutcome) => {
      if (found.allowed) for (const [name, atMs] of request.tokenAtMs) this.admitted.set(name, [...(this.admitted.get(name) ?? []), atMs])
      return found
    }
    return outcome instanceof Promise ? outcome.then(note) : note(outcome)
  }

  #object(name: string): SimulatedObject {
    let object = this.#objects.get(name)
    if (!object) {
      object = { admission: new Admission(undefined, this.nowMs), saved: undefined, saveAtMs: Number.POSITIVE_INFINITY, unsaved: 0 }
      this.#objects.set(name, object)
    }
    return object
  }

  #stub(name: string): RateLimiterRpc {
    const request = this.#current
    const fail = () => Promise.reject(new Error('not part of this'))
    return { take: (asked) => this.#call(name, structuredClone(asked), request), throttled: fail, lift: fail }
  }

  async #call(name: string, asked: TakeRequest, request: Request | undefined): Promise<TakeReply> {
    const { reach } = this
    await this.#way()
    if (reach === 'never') throw new ObjectUnavailable(new Error('no way there'))
    // A call whose reply was lost is made again as it was (workers/retry.ts).
    if (reach === 'twice') this.#answer(name, asked)
    const reply = structuredClone(this.#answer(name, asked))
    const decidedAtMs = this.elapsedMs
    await this.#way()
    request?.tokenAtMs.set(name, reply.allowed ? decidedAtMs : this.elapsedMs)
    return reply
  }

  #answer(name: string, asked: TakeRequest): TakeReply {
    const object = this.#object(name)
    this.calls += 1
    this.requests.push(asked)
    const reply = object.admission.take(asked, this.nowMs)
    if (reply.allowed) {
      object.unsaved += 1 + reply.leased
      object.saveAtMs = Math.min(object.saveAtMs, this.nowMs + saveEveryMs)
    }
    if (reply.throttled?.started) object.saved = object.admission.save(this.nowMs) ?? undefined
    return reply
  }

  #way(): Promise<void> {
    return this.isSlow ? new Promise((resolve) => this.messages.push({ deliver: resolve })) : Promise.resolve()
  }
}

/** Everything that waits for nothing but its turn has had it: promises are settled before the next immediate. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

export const twoHundred: Limit = { quota: 200, windowSeconds: 10 }

export const user = (more: Partial<LimitDemand> = {}): LimitDemand => ({
  policy: 'user',
  name: 'w:user:u',
  limit: twoHundred,
  suspect: null,
  maximumLease: 50,
  ...more,
})

export const workspace = (more: Partial<LimitDemand> = {}): LimitDemand => ({
  policy: 'workspace',
  name: 'w:workspace',
  limit: { quota: 5_000, windowSeconds: 10 },
  maximumLease: 250,
  ...more,
})

/** So many at the same moment; how many were let through. */
export async function burst(limiter: Limiter, count: number, demands: LimitDemand[]): Promise<number> {
  const outcomes = await Promise.all(Array.from({ length: count }, () => limiter.take(demands)))
  return outcomes.filter(({ allowed }) => allowed).length
}
