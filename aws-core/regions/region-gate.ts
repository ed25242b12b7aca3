// What an isolate lets through to one region: a breaker, a limit on calls under way that adapts to how long they take, and
// a line for what must wait. One for each region and isolate, shared by all objects and requests in it.
//
// Why: every object retries on its own. Without a bound a thousand of them send at once, the region answers late, all give
// up and send again, and the work it does is for nobody: an overload that outlives its cause.
//
// Guarantees
// - At most `limit` calls are under way; the limit is learnt (domain/limits/adaptive-limit.ts).
// - What waits is served in turn, tenant by tenant; work that somebody waits for goes first, and work in the background
//   still gets one place in eight and never more than half of them.
// - Who would wait longer than it may is told so at once (`region/overloaded`): nothing was sent.
// - The breaker counts what the region did. Waiting here is nothing that the region did, and neither is a call that ran out
//   of time while this isolate itself stood still.
//
// A promise of one object or request must not be waited for in another (workerd: "Cannot perform I/O on behalf of a different
// Durable Object"), so whoever waits looks again and again at plain state, each with timers of its own. The first of the line
// are called: they look often, and whoever of them looks first takes a place that is free; the others look as often as their
// turn is away. A request that the runtime ends never gives its place back: it is believed for `placeMs` at most.

import {
  type AdaptiveLimit,
  type AdaptiveLimitSettings,
  adaptiveLimitDefaults,
  answered,
  dropped,
  newAdaptiveLimit,
  placesOf,
} from '../../domain/limits/adaptive-limit.ts'
import { FairQueue } from '../../domain/limits/fair-queue.ts'
import { admit, type BreakerSettings, type BreakerState, closedBreaker, isRefusing, release, settle } from './breaker.ts'

/** `fresh`: somebody waits for it. `background`: repairs, and drains that an alarm began. */
export type Urgency = 'fresh' | 'background'

export interface GateSettings {
  now: () => number
  /** In [0, 1). */
  random: () => number
  sleep: (ms: number) => Promise<void>
  breaker: BreakerSettings
  /** How long a call may wait here before it is sent, ms. */
  waitMs: Record<Urgency, number>
  /** Told of each change of the breaker's mode, with what happened in the mode before. */
  report?: (change: BreakerChange) => void
}

export interface BreakerChange {
  event: 'region/breaker'
  region: string
  from: BreakerState['mode']
  to: BreakerState['mode']
  /** Calls that ended, that failed, and that were refused unsent, since the change before. */
  answered: number
  failed: number
  refused: number
}

/** How a call ended, as far as the region goes. `ours`: it ran out of time while this isolate stood still, which says nothing. */
export type Verdict = 'answered' | 'failed' | 'ours'

export interface RegionLoad {
  /** Its breaker lets nothing through, or its last call failed. */
  isAway: boolean
  /** A fresh call that came now would wait this long, ms. */
  waitMs: number
  /** Nothing new should be begun for it: so that what is begun is sent in time, half of what may wait is kept free. */
  isFull: boolean
}

export type Turned = { turnedAway: 'open' | 'overloaded'; retryAfterMs: number }

/** What a call asks for. `urgency` may become `fresh` while it waits. */
export interface Passage {
  key: string
  urgency: Urgency
  /** Whether the time it takes says how busy the region is. */
  sampled: boolean
  isWaiting: boolean
}

interface Waiter {
  key: string
  /** The line that it stands in, or is called from. */
  urgency: Urgency
  isCalled: boolean
  lookedAtMs: number
}

/** Each waiter is a few hundred bytes. Where so many wait, a key that has less than its share may still come. */
const mostWaiting = 2_000
/** How many of a line are called at once: half of the places, so that a free one is seen at once, and turns are kept. */
const mostCalled = 16
const leastCalled = 2
/** Whoever is called and has not looked for so long is gone. */
const lookedWithinMs = 2_000
/** A call ends by its own deadline long before. */
const placeMs = 30_000
/** Of so many places given, one goes to the background though others wait. */
const backgroundTurn = 8
/** Before anything is known. */
const assumedMs = 10

export class RegionGate {
  readonly region: string
  readonly #limits: AdaptiveLimitSettings
  breaker: BreakerState = closedBreaker
  #limit: AdaptiveLimit
  /** By number: until when a place is believed to be held, and whether it is held for the background. */
  readonly #places = new Map<number, { untilMs: number; urgency: Urgency }>()
  readonly #lines: Record<Urgency, FairQueue<Waiter>> = { fresh: new FairQueue(), background: new FairQueue() }
  readonly #called: Record<Urgency, Set<Waiter>> = { fresh: new Set(), background: new Set() }
  #inBackground = 0
  #given = 0
  #counts = { answered: 0, failed: 0, refused: 0 }

  constructor(region: string, limits: AdaptiveLimitSettings = adaptiveLimitDefaults) {
    this.region = region
    this.#limits = limits
    this.#limit = newAdaptiveLimit(limits)
  }

  /** What is going on, for tests and figures. */
  get state() {
    return {
      mode: this.breaker.mode,
      limit: placesOf(this.#limit),
      inFlight: this.#places.size,
      waiting: { fresh: this.#waiting('fresh'), background: this.#waiting('background') },
    }
  }

  load(key: string, settings: GateSettings): RegionLoad {
    const waitMs = this.#waitMs(key, 'fresh')
    const isAway = this.breaker.mode !== 'closed' || this.breaker.failures > 0
    return { isAway, waitMs, isFull: waitMs > settings.waitMs.fresh / 2 || this.#isLineFull(key, mostWaiting / 2) }
  }

  /**
   * Makes the call in its turn; `judge` says of its answer what it says about the region. A call that throws counts as
   * failed, and the exception is passed on.
   */
  async pass<Value>(
    request: Passage,
    settings: GateSettings,
    call: () => Promise<Value>,
    judge: (value: Value) => Verdict,
  ): Promise<{ value: Value } | Turned> {
    const { now } = settings
    if (isRefusing(this.breaker, now())) return this.#refuseOpen(settings)
    const place = await this.#place(request, settings)
    if (place === null) return this.#turn('overloaded', this.#waitMs(request.key, request.urgency) * (0.5 + settings.random()))
    const admission = admit(this.breaker, now(), settings.breaker)
    this.#become(admission.state, settings)
    if (!admission.admitted) {
      this.#free(place)
      return this.#refuseOpen(settings)
    }
    const startedMs = now()
    const inFlight = this.#places.size
    let verdict: Verdict = 'failed'
    try {
      const value = await call()
      verdict = judge(value)
      return { value }
    } finally {
      const endedMs = now()
      if (verdict === 'answered' && request.sampled) this.#limit = answered(this.#limit, endedMs - startedMs, inFlight, this.#limits)
      if (verdict === 'failed') this.#limit = dropped(this.#limit, endedMs, this.#limits)
      if (verdict !== 'ours') this.#counts[verdict] += 1
      // The state is read again: others have settled meanwhile.
      this.#become(
        verdict === 'ours'
          ? release(this.breaker, admission.ticket)
          : settle(this.breaker, admission.ticket, verdict === 'answered', endedMs, settings.breaker),
        settings,
      )
      this.#free(place)
    }
  }

  #refuseOpen(settings: GateSettings): Turned {
    const openForMs = this.breaker.mode === 'open' ? Math.max(0, this.breaker.untilMs - settings.now()) : settings.breaker.trialMs
    // Whoever was refused comes again when it may have closed, spread over as long as all of them will take.
    const spreadMs = Math.max(1_000, (this.#counts.refused * this.#callMs()) / placesOf(this.#limit))
    return this.#turn('open', openForMs + settings.random() * Math.min(spreadMs, 60_000))
  }

  #turn(turnedAway: Turned['turnedAway'], retryAfterMs: number): Turned {
    this.#counts.refused += 1
    return { turnedAway, retryAfterMs: Math.ceil(retryAfterMs) }
  }

  /** A place, at once or in its turn; null when that would take too long. */
  async #place(request: Passage, settings: GateSettings): Promise<number | null> {
    const { now, sleep } = settings
    const { key, urgency } = request
    this.#forgetLost(now())
    if (this.#waiting(urgency) === 0 && this.#isTurnOf(urgency)) return this.#take(urgency, now())
    const mayWaitMs = settings.waitMs[urgency]
    if (this.#isLineFull(key, mostWaiting) || this.#waitMs(key, urgency) > mayWaitMs) return null
    const untilMs = now() + mayWaitMs
    const waiter: Waiter = { key, urgency, isCalled: false, lookedAtMs: now() }
    this.#lines[urgency].push(key, waiter)
    request.isWaiting = true
    try {
      for (;;) {
        this.#callNext(now())
        if (waiter.isCalled && this.#isTurnOf(waiter.urgency)) return this.#take(waiter.urgency, now())
        const leftMs = untilMs - now()
        if (leftMs <= 0) return null
        await sleep(Math.min(leftMs, this.#lookAgainMs(waiter)))
        waiter.lookedAtMs = now()
        if (isRefusing(this.breaker, now())) return this.#take(waiter.urgency, now())
        if (request.urgency !== waiter.urgency) this.#move(waiter, request.urgency)
        this.#forgetLost(now())
      }
    } finally {
      request.isWaiting = false
      this.#forget(waiter)
    }
  }

  /** Somebody waits now for what nobody waited for. */
  #move(waiter: Waiter, urgency: Urgency): void {
    this.#forget(waiter)
    waiter.urgency = urgency
    waiter.isCalled = false
    this.#lines[urgency].push(waiter.key, waiter)
  }

  #forget(waiter: Waiter): void {
    this.#called[waiter.urgency].delete(waiter)
    this.#lines[waiter.urgency].remove(waiter.key, waiter)
  }

  /** Half a call's time for those whose turn it is; for the others a third of what is still before them. */
  #lookAgainMs(waiter: Waiter): number {
    if (waiter.isCalled) return Math.max(2, Math.min(20, this.#callMs() / 2))
    return Math.max(10, Math.min(100, this.#waitMs(waiter.key, waiter.urgency) / 3))
  }

  #callNext(nowMs: number): void {
    const calledAtMost = Math.max(leastCalled, Math.min(mostCalled, Math.floor(placesOf(this.#limit) / 2)))
    for (const urgency of ['fresh', 'background'] as const) {
      const called = this.#called[urgency]
      if (called.size >= calledAtMost) for (const one of called) if (nowMs - one.lookedAtMs > lookedWithinMs) called.delete(one)
      while (called.size < calledAtMost) {
        const next = this.#lines[urgency].shift()
        if (!next) break
        next.isCalled = true
        // It may have been a while: it has until it would look again, and a little more.
        next.lookedAtMs = nowMs
        called.add(next)
      }
    }
  }

  /** Whether a place is free for this line, and not for the other before it. */
  #isTurnOf(urgency: Urgency): boolean {
    if (!this.#isFree(urgency)) return false
    const isBackgroundsTurn = this.#given % backgroundTurn === 0
    if (urgency === 'fresh') return !(isBackgroundsTurn && this.#called.background.size > 0 && this.#isFree('background'))
    return isBackgroundsTurn || this.#waiting('fresh') === 0
  }

  #isFree(urgency: Urgency): boolean {
    const limit = placesOf(this.#limit)
    if (this.#places.size >= limit) return false
    return urgency === 'fresh' || this.#inBackground < Math.max(1, Math.floor(limit / 2))
  }

  #take(urgency: Urgency, nowMs: number): number {
    const place = ++this.#given
    this.#places.set(place, { untilMs: nowMs + placeMs, urgency })
    if (urgency === 'background') this.#inBackground += 1
    return place
  }

  #free(place: number): void {
    const held = this.#places.get(place)
    if (!held) return
    this.#places.delete(place)
    if (held.urgency === 'background') this.#inBackground -= 1
  }

  #forgetLost(nowMs: number): void {
    // In the order in which they were taken: the first is the oldest.
    for (const [place, { untilMs }] of this.#places) {
      if (untilMs > nowMs) return
      this.#free(place)
    }
  }

  #waiting(urgency: Urgency): number {
    return this.#lines[urgency].size + this.#called[urgency].size
  }

  #isLineFull(key: string, most: number): boolean {
    if (this.#waiting('fresh') + this.#waiting('background') < most) return false
    const { fresh, background } = this.#lines
    const keys = Math.max(1, fresh.keys, background.keys)
    return fresh.waiting(key) + background.waiting(key) >= most / (keys + 1)
  }

  #callMs(): number {
    return this.#limit.recentMs || assumedMs
  }

  /** What a call of this key would wait now: its turns, at the pace of late. Zero while places are free. */
  #waitMs(key: string, urgency: Urgency): number {
    if (this.#waiting(urgency) === 0 && this.#isFree(urgency)) return 0
    const ahead = this.#called[urgency].size + this.#lines[urgency].ahead(key) + (urgency === 'background' ? this.#waiting('fresh') : 0)
    return ((ahead + 1) * this.#callMs()) / placesOf(this.#limit)
  }

  #become(next: BreakerState, { report }: GateSettings): void {
    const from = this.breaker.mode
    this.breaker = next
    if (from === next.mode) return
    const counts = this.#counts
    this.#counts = { answered: 0, failed: 0, refused: 0 }
    report?.({ event: 'region/breaker', region: this.region, from, to: next.mode, ...counts })
  }
}
