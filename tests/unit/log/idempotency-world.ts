// One user of the simulated world, spoken to as the edge speaks: a body becomes a claim and a command by the edge's own
// functions, and the rest is the real log.

import { foldLog } from '../../../domain/log/fold.ts'
import type { Commit, PackedItem } from '../../../domain/log/types.ts'
import type { PlayerCommand } from '../../../domain/player/types.ts'
import type { CommandRequest } from '../../../durable-objects/log/rpc.ts'
import { activityLogCommand, activityLogInput, eventIdentity } from '../../../workers/app/activity-log-input.ts'
import { claimFor, onceClaim } from '../../../workers/edge/idempotency.ts'
import type { Lifetimes, Model, Sent } from './idempotency-model.ts'
import { World } from './world.ts'

export class IdempotentUser {
  readonly world = new World()
  readonly #lifetimes: Lifetimes
  #requests = 0

  constructor(lifetimes: Lifetimes) {
    this.#lifetimes = lifetimes
  }

  static async born(lifetimes: Lifetimes): Promise<IdempotentUser> {
    const user = new IdempotentUser(lifetimes)
    await user.world.create()
    return user
  }

  newRequestId = (): string => `request-${++this.#requests}`

  request({ requestId, key, payload }: Sent, isReordered: boolean): CommandRequest<PlayerCommand> {
    const { nowMs } = this.world
    const body = { ...(isReordered ? (reordered(payload) as typeof payload) : payload), userId: 'ada' }
    const call = {
      method: 'POST',
      route: '/app/v1/activity-logs',
      target: '/app/v1/activity-logs',
      subject: 'test',
      userId: 'ada',
      body,
      nowMs,
    }
    const event = eventIdentity(activityLogInput.parse(body))
    const derive = key === null && event.eventId === undefined
    const claim =
      claimFor(call, key ?? null, derive, this.#lifetimes) ?? (event.eventId === undefined ? onceClaim(requestId, nowMs) : undefined)
    return {
      command: activityLogCommand(activityLogInput.parse(body), nowMs, () => `made-${requestId}`),
      ...event,
      ...(claim && { idempotency: claim }),
      trail: { subject: 'test', platform: 'web', requestId },
    }
  }

  /** As the workspace tells the user's object. */
  async delete(): Promise<void> {
    const trail = { subject: 'workspace', platform: 'system', requestId: this.newRequestId() } as const
    await this.world.log.execute([{ command: { kind: 'user.delete' }, eventId: 'delete', trail }])
  }

  regions(up: boolean): void {
    this.world.west.state = this.world.north.state = up ? 'up' : 'down'
  }

  isAnythingUp = (): boolean => this.world.west.state === 'up' || this.world.north.state === 'up' || this.world.pending.up

  /** Until it is released, nothing that is sent to a region arrives there. */
  holdRegions(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.world.west.holding = this.world.north.holding = promise
    return () => {
      this.world.west.holding = this.world.north.holding = undefined
      resolve()
    }
  }

  /** Everything has run that waits for nothing outside. */
  settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

  /** All is up, since a lost log is read from everywhere; copies between the regions may still be under way. */
  async loseStorage(): Promise<void> {
    this.regions(true)
    this.world.pending.up = true
    this.world.loseStorage()
    await this.world.log.ready()
  }

  /** Requests whose commits a region or R2 has. */
  held(): Set<string> {
    const { west, north, pending } = this.world
    return requestsIn(commitsOf([...west.items(), ...north.items(), ...pending.objects]))
  }

  /** Requests whose commits are in the object. */
  decided = (): Set<string> => requestsIn([...this.world.log.commits()])

  /** When each key that is kept dies. */
  keptKeys = (): number[] =>
    this.world.log.tables.sql.all<{ at: number }>('SELECT expires_at_ms AS at FROM idempotency').map(({ at }) => at)

  /** All comes back; the record of either region is what the object holds. */
  async heal(): Promise<void> {
    await this.world.heal()
    for (const region of [this.world.west, this.world.north]) {
      const own = [...this.world.log.commits()].map(({ trail }) => trail.requestId)
      const recorded = commitsOf(region.items()).map(({ trail }) => trail.requestId)
      if (JSON.stringify(recorded) !== JSON.stringify(own)) throw new Error(`${region.region} has ${recorded}, the object ${own}`)
    }
  }
}

function commitsOf(items: PackedItem[]): Commit[] {
  const folded = foldLog(items)
  if (!folded.ok) throw new Error(`the record is not whole: ${folded.error.detail}`)
  return folded.value.commits
}

/** Births and deletions are told by the workspace and have no key. */
const requestsIn = (commits: Pick<Commit, 'trail' | 'command'>[]): Set<string> =>
  new Set(commits.filter(({ command }) => (command as PlayerCommand).kind === 'activity.log').map(({ trail }) => trail.requestId))

/** The balance that the model's effects add up to, in the ledger's own unit. */
export const balanceOf = (model: Model): number => model.effects().reduce((sum, { payload }) => sum + payload.value * 1e6, 0)

/** The same value with every object's members the other way round. */
export function reordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reordered)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, member]) => [name, reordered(member)]),
  )
}
