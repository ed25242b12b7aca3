// One bucket: a thin shell around admission.ts. Calls are single synchronous steps, so none sees another half done, and
// none waits for the disk: what changes is saved at most once a second, unconfirmed, and only while there is something to
// remember; a bucket that filled up within that second is never written at all. The exception is the start and the end of
// a throttle, which are answered when they are on disk. An alarm empties the storage of a bucket that is full again.

import { DurableObject } from 'cloudflare:workers'
import { steadyClock } from '../../domain/limits/steady-clock.ts'
import { Admission, type Saved, saveEveryMs } from './admission.ts'
import type { RateLimiterRpc, TakeReply, TakeRequest, Throttled } from './rpc.ts'

const key = 'admission'

export class RateLimiter extends DurableObject<Env> implements RateLimiterRpc {
  readonly #admission: Admission
  readonly #now = steadyClock(Date.now)
  #isSaveDue = false
  #isStored: boolean
  #isAlarmSet = false

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    const saved = ctx.storage.kv.get<Saved>(key)
    this.#isStored = saved !== undefined
    this.#admission = new Admission(saved, this.#now())
  }

  async take(request: TakeRequest): Promise<TakeReply> {
    const reply = this.#admission.take(request, this.#now())
    if (reply.throttled?.started) this.#save(false)
    else if (reply.allowed) this.#saveSoon()
    return reply
  }

  async throttled(): Promise<Throttled | null> {
    return this.#admission.throttled(this.#now())
  }

  async lift(): Promise<boolean> {
    const wasOn = this.#admission.lift(this.#now())
    if (wasOn) this.#save(false)
    return wasOn
  }

  override async alarm(): Promise<void> {
    this.#isAlarmSet = false
    const nowMs = this.#now()
    const idleAtMs = this.#admission.idleAtMs(nowMs)
    if (idleAtMs > nowMs) return this.#wakeAt(idleAtMs, false)
    this.#isStored = false
    await this.ctx.storage.deleteAll()
  }

  #saveSoon(): void {
    if (this.#isSaveDue) return
    this.#isSaveDue = true
    setTimeout(() => {
      this.#isSaveDue = false
      this.#save(true)
    }, saveEveryMs)
  }

  /** `allowUnconfirmed`: answers do not wait for it. Not awaited either way: a write that fails resets the object. */
  #save(allowUnconfirmed: boolean): void {
    const nowMs = this.#now()
    const saved = this.#admission.save(nowMs)
    if (!saved && !this.#isStored) return
    if (saved) void this.ctx.storage.put(key, saved, { allowUnconfirmed })
    else void this.ctx.storage.delete(key, { allowUnconfirmed })
    this.#isStored = saved !== null
    if (saved && !this.#isAlarmSet) this.#wakeAt(this.#admission.idleAtMs(nowMs), allowUnconfirmed)
  }

  #wakeAt(atMs: number, allowUnconfirmed: boolean): void {
    this.#isAlarmSet = true
    void this.ctx.storage.setAlarm(atMs, { allowUnconfirmed })
  }
}
