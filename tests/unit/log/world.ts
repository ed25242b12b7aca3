// A whole small platform in one process: one user's object, two regions, R2, a board, a clock and an alarm, with every
// failure in the test's hands.

import type { RegionLog } from '../../../aws-core/dynamodb/region-log.ts'
import type { ScorePush, Series } from '../../../domain/boards/types.ts'
import { comparePositions } from '../../../domain/log/position.ts'
import type { OutboxRow } from '../../../domain/outbox.ts'
import type { PlayerCommand, PlayerEffects } from '../../../domain/player/types.ts'
import type { RuleSet } from '../../../domain/rules/types.ts'
import { CommitLog } from '../../../durable-objects/log/commit-log.ts'
import type { LogEvent, LogPorts } from '../../../durable-objects/log/ports.ts'
import type { CommandRequest } from '../../../durable-objects/log/rpc.ts'
import { PlayerEntity } from '../../../durable-objects/player/player-entity.ts'
import { type PlayerTables, playerTables } from '../../../durable-objects/player/player-tables.ts'
import { MemoryPending } from './memory-pending.ts'
import { nodeSql } from './node-sql.ts'
import { SimRegion } from './sim-region.ts'

export const currency = 'points'
export const series: Series = {
  seriesId: 'series',
  runtimeLeaderboardConfigurationId: 'configuration',
  virtualCurrencyId: currency,
  timeframeType: 'PERMANENT',
  timezoneType: 'FIXED',
  timezone: 'UTC',
  startsAtMs: 0,
  lateEventsForMs: null,
  sinceRuleSet: 1,
  createdAtMs: 0,
  updatedAtMs: 0,
}

export const rules: RuleSet = {
  number: 1,
  workspaceId: 'workspace0',
  accountId: 'account000',
  settings: { strict: false, derivedIdempotency: false },
  activities: ['walk'],
  currencies: { [currency]: { virtualCurrencyId: currency, scale: 6 } },
  rewardRules: [
    {
      rewardRuleId: 'rule',
      ruleType: 'ENTITY',
      matchEntity: 'Activity',
      matchCondition: true,
      applicationMode: 'ALWAYS',
      rewards: [
        { rewardType: 'VIRTUAL_CURRENCY', virtualCurrencyId: currency, redemptionMode: 'AUTO', expression: { var: 'event.value' } },
      ],
    },
  ],
  series: [series],
}

export class World {
  nowMs = 1_000_000
  #stamp = 0
  #ids = 0
  readonly west = new SimRegion('eu-west-1', () => ++this.#stamp)
  readonly north = new SimRegion('eu-north-1', () => ++this.#stamp)
  readonly pending = new MemoryPending()
  readonly events: LogEvent[] = []
  /** What the board holds: pushes are delivered at least once, in any order, so by version. */
  readonly board = new Map<string, ScorePush>()
  alarmAtMs = Number.POSITIVE_INFINITY
  /** True: the queue loses what it is given, as a killed process does. */
  queueLoses = false
  settings: RuleSet['settings'] = rules.settings
  /** What the queue does with a message before it takes it: hold it up, or refuse it. */
  sending: (rows: OutboxRow[]) => Promise<void> = async () => {}
  /** Losses of regions that R2 was told of. */
  readonly losses: [region: string, sinceMs: number][] = []
  noteLoss: () => Promise<boolean> = async () => true
  ports!: LogPorts
  log!: CommitLog<PlayerCommand, PlayerEffects>
  tables!: PlayerTables
  entity!: PlayerEntity
  #storage = nodeSql()

  /** Other regions than the simulated ones, for schedules against a real DynamoDB. */
  readonly #regions: RegionLog[] | undefined

  constructor(regions?: RegionLog[]) {
    this.#regions = regions
    this.west.other = this.north
    this.north.other = this.west
    this.start()
  }

  /** A process that dies, and another that starts on the same storage. */
  kill(): void {
    this.#storage.kill()
    this.#storage = nodeSql(this.#storage.database)
    this.start()
  }

  /** The storage as it is now; the answer puts it back, as a restore from a backup would, and starts on it. */
  snapshot(): () => void {
    const tables = this.#storage.copy()
    return () => {
      this.#storage.kill()
      this.#storage = nodeSql(tables)
      this.start()
    }
  }

  /** The object's storage is gone, whatever was in it. */
  loseStorage(): void {
    this.#storage.kill()
    this.#storage = nodeSql()
    this.alarmAtMs = Number.POSITIVE_INFINITY
    this.start()
  }

  start(): void {
    const storage = this.#storage
    const { sql } = storage
    this.tables = playerTables(sql)
    const entity = new PlayerEntity(this.tables, 'eu-west-1')
    this.entity = entity
    this.ports = {
      log: { workspaceId: rules.workspaceId, kind: 'player', entityId: 'ada' },
      sql,
      regions: this.#regions ?? [this.west, this.north],
      pending: this.pending,
      now: () => this.nowMs,
      newId: () => `id-${++this.#ids}`,
      random: () => 0.5,
      after: () => new Promise(() => {}),
      setAlarm: (atMs) => {
        // What runs on after its process died reaches no alarm.
        if (storage === this.#storage) this.alarmAtMs = atMs
      },
      send: async (rows) => {
        await this.sending(rows)
        if (storage === this.#storage) this.#deliver(rows)
      },
      report: (event) => void this.events.push(event),
      noteLoss: async (region, sinceMs) => {
        const noted = await this.noteLoss()
        if (noted) this.losses.push([region, sinceMs])
        return noted
      },
      limits: { answerDeadlineMs: 4000, repairAfterMs: 960_000, resendAfterMs: 30_000, retryAfterMs: 1000 },
    }
    this.log = new CommitLog<PlayerCommand, PlayerEffects>(this.ports, entity)
    entity.use({ ...rules, settings: this.settings })
  }

  async create() {
    const profile = {
      userId: 'ada',
      principalId: 'principal',
      accountId: rules.accountId,
      workspaceId: rules.workspaceId,
      nickname: 'Ada',
      principal: { sub: 'principal', email: 'ada@example.com' },
      createdAtMs: this.nowMs,
      updatedAtMs: this.nowMs,
    }
    return this.log.execute([
      { command: { kind: 'user.create', profile }, eventId: 'birth', trail: { subject: 'test', platform: 'system', requestId: 'r' } },
    ])
  }

  walk(eventId: string, value: number): CommandRequest<PlayerCommand> {
    return {
      command: { kind: 'activity.log', activityLogId: eventId, activityId: 'walk', value, completedAtMs: this.nowMs },
      eventId,
      eventFingerprint: String(value),
      trail: { subject: 'test', platform: 'mobile', requestId: 'r' },
    }
  }

  /** The alarm fires when it is due. */
  async alarm(): Promise<void> {
    this.nowMs = Math.max(this.nowMs, this.alarmAtMs === Number.POSITIVE_INFINITY ? this.nowMs : this.alarmAtMs)
    this.alarmAtMs = Number.POSITIVE_INFINITY
    await this.log.alarm()
  }

  /** Everything comes back, everything that travels arrives, every alarm fires. */
  async heal(): Promise<void> {
    this.pending.up = true
    this.queueLoses = false
    for (const region of [this.west, this.north]) {
      region.state = 'up'
      region.faults.length = 0
    }
    for (let round = 0; round < 12; round++) {
      while (this.west.late() + this.north.late() > 0) {
        this.west.landLate()
        this.north.landLate()
      }
      while (this.west.unsent() + this.north.unsent() > 0) {
        this.west.sendCopy(0)
        this.north.sendCopy(0)
      }
      await this.log.ready()
      this.nowMs += 1_000_000
      await this.alarm()
    }
  }

  balance = (): number => this.tables.balance(currency)?.amount ?? 0

  #deliver(rows: OutboxRow[]): void {
    if (this.queueLoses) return
    for (const { id, sequence, body } of rows) {
      if (body.kind === 'score') {
        const standing = this.board.get(body.push.entityId)
        if (!standing || comparePositions(standing, body.push) < 0) this.board.set(body.push.entityId, body.push)
      }
      this.log.tables.confirmOutbox(id, sequence)
    }
  }
}
