// One user. Thin: the log engine keeps the promises, the entity knows what a user's log means, this class is the RPC.

import * as platform from 'cloudflare:workers'
import type { AuditRecord } from '../../domain/audit/types.ts'
import type { Series } from '../../domain/boards/types.ts'
import { failure } from '../../domain/failures.ts'
import { digestOfAll } from '../../domain/log/fold.ts'
import type { LogRef, Position } from '../../domain/log/types.ts'
import type { Balance, LedgerLine, PlayerCommand, PlayerEffects, UserProfile } from '../../domain/player/types.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import type { RuleSet } from '../../domain/rules/types.ts'
import type { SessionFacts } from '../../domain/sessions/types.ts'
import { objectStub } from '../addresses.ts'
import { type AuditPage, auditPage, auditRecordAt } from '../audit/audit-reads.ts'
import { CommitLog } from '../log/commit-log.ts'
import { logPorts } from '../log/environment.ts'
import { ownRef, Room } from '../log/own-ref.ts'
import type { RefilledPage, RefillPlace } from '../log/refill-regions.ts'
import type { CommandReply, CommandRequest, LogStatus } from '../log/rpc.ts'
import { durableSql } from '../log/sql.ts'
import type { ObjectTracing } from '../log/tracing.ts'
import { inTurn } from '../log/wake-in-turn.ts'
import type { WorkspaceRpc } from '../workspace/rpc.ts'
import { PlayerEntity } from './player-entity.ts'
import { type PlayerTables, playerTables } from './player-tables.ts'
import { balancePage, liveSessions, transactionPage } from './reads.ts'
import type { BoardScore, OutboxReceipt, PlayerInspection, PlayerPage, PlayerRef, PlayerRpc } from './rpc.ts'
import { knowSeries, scorePush, totalsThrough } from './totals.ts'

/** Rule sets are immutable, so the isolate's objects share them; the newest few of each workspace are kept. */
const ruleSets = new Map<string, RuleSet>()
const ruleSetsKept = 200

const notRecorded = failure('record/unavailable', 'A change of this user is being recorded.', { retryAfterSeconds: 1 })
const unknownUser = failure('resource/not_found', 'There is no such user.')

const logRefOf = ({ workspaceId, userId }: PlayerRef): LogRef => ({ workspaceId, kind: 'player', entityId: userId })

interface Opened {
  log: CommitLog<PlayerCommand, PlayerEffects>
  entity: PlayerEntity
  tables: PlayerTables
}

export class Player extends platform.DurableObject<Env> implements PlayerRpc {
  #its: { room: Room<Opened>; tracing: ObjectTracing } | undefined

  execute(ref: PlayerRef, ruleSet: number, requests: CommandRequest<PlayerCommand>[]): Promise<CommandReply[]> {
    const { room, tracing } = this.#of(ref)
    return tracing.serve(requests, async () => {
      const isBirth = requests.some(({ command }) => command.kind === 'user.create')
      const opened = isBirth ? ok(room.open()) : await room.enter()
      if (!opened.ok) return requests.map(() => opened)
      const rules = await this.#rules(ref, opened.value, ruleSet)
      if (!rules.ok) return requests.map(() => rules)
      return opened.value.log.execute(requests)
    })
  }

  profile(ref: PlayerRef): Promise<Result<UserProfile>> {
    return this.#read(ref, ({ tables }) => {
      const profile = tables.profile()
      return profile ? ok(profile) : fail(unknownUser)
    })
  }

  async life(ref: PlayerRef): Promise<Result<'live' | 'deleted'>> {
    const opened = await this.#ready(ref)
    return opened.ok ? ok(opened.value.tables.deleted() ? 'deleted' : 'live') : opened
  }

  balances(ref: PlayerRef, page: PlayerPage): Promise<Result<{ items: Balance[]; next: string | null }>> {
    return this.#read(ref, ({ tables }) => ok(balancePage(tables, page)))
  }

  balance(ref: PlayerRef, virtualCurrencyId: string): Promise<Result<Balance>> {
    return this.#read(ref, ({ tables }) => {
      const balance = tables.balance(virtualCurrencyId)
      return balance ? ok(balance) : fail(failure('resource/not_found', 'The user has no balance in this currency.'))
    })
  }

  transactions(ref: PlayerRef, page: PlayerPage): Promise<Result<{ items: LedgerLine[]; next: string | null }>> {
    return this.#read(ref, ({ tables }) => ok(transactionPage(tables, page)))
  }

  transaction(ref: PlayerRef, virtualTransactionId: string): Promise<Result<LedgerLine>> {
    return this.#read(ref, ({ tables }) => {
      const line = tables.line(virtualTransactionId)
      return line ? ok(line) : fail(failure('resource/not_found', 'There is no such transaction.'))
    })
  }

  sessions(ref: PlayerRef): Promise<Result<SessionFacts[]>> {
    return this.#read(ref, ({ tables }) => ok(liveSessions(tables, Date.now())))
  }

  async auditRecord(ref: PlayerRef, at: Position): Promise<Result<AuditRecord>> {
    const opened = await this.#ready(ref)
    if (!opened.ok) return opened
    const { tables, log } = opened.value
    return auditRecordAt(tables.audit, logRefOf(ref), at, log.durableThrough())
  }

  async auditRecords(ref: PlayerRef, page: PlayerPage): Promise<Result<AuditPage>> {
    const opened = await this.#ready(ref)
    if (!opened.ok) return opened
    const { tables, log } = opened.value
    return ok(auditPage(tables.audit, logRefOf(ref), page, log.durableThrough()))
  }

  pushSeries(ref: PlayerRef, series: Series): Promise<Result<void>> {
    return this.#read(ref, ({ log, entity, tables }) => {
      knowSeries(tables, series)
      log.enqueue(entity.scoresOf(series, 0))
      return ok(undefined)
    })
  }

  /** A deleted user's too, as removals: without them a push that is still under way would bring the user back. */
  async scores(ref: PlayerRef, series: Series[]): Promise<Result<BoardScore[]>> {
    const opened = await this.#ready(ref)
    if (!opened.ok) return opened
    const { log, tables } = opened.value
    const confirmed = log.tables.positionAt(log.drain.confirmed)
    // A push shows the profile as it is now: one that the record does not have yet must be on no board.
    for (const { effects } of log.commits(confirmed.sequence)) if (effects.profile || effects.deleted) return fail(notRecorded)
    const scores = series.flatMap((one) =>
      totalsThrough(tables, one, confirmed.sequence).flatMap(({ periodId }) => {
        const push = scorePush(tables, one, periodId, confirmed)
        return push ? [{ seriesId: one.seriesId, periodId, push }] : []
      }),
    )
    return ok(scores)
  }

  async republish(ref: PlayerRef): Promise<Result<void>> {
    const opened = await this.#of(ref).room.enter()
    if (!opened.ok) return opened
    const { log } = opened.value
    const rules = await this.#rules(ref, opened.value, 0)
    if (!rules.ok) return rules
    const ready = await log.ready()
    if (ready.ok) log.republish()
    return ready
  }

  async confirm(ref: PlayerRef, rows: OutboxReceipt[]): Promise<void> {
    const { room } = this.#of(ref)
    if (room.isBlank()) return
    const { log } = room.open()
    for (const { id, sequence } of rows) log.tables.confirmOutbox(id, sequence)
  }

  async inspect(ref: PlayerRef): Promise<Result<PlayerInspection>> {
    const opened = await this.#ready(ref)
    if (!opened.ok) return opened
    const { log, tables } = opened.value
    return ok({
      status: log.status(),
      profile: tables.profile(),
      deleted: tables.deleted(),
      balances: tables.balances(),
      ledger: tables.sums(),
      lines: tables.countLines(),
      events: log.tables.events(),
      digests: { commits: digestOfAll(log.tables.commitTexts()), lines: digestOfAll(tables.lineTexts()) },
    })
  }

  async settle(ref: PlayerRef): Promise<LogStatus> {
    const opened = this.#of(ref).room.open()
    const { log } = opened
    await this.#lives(ref, opened)
    await log.drain.settle()
    return log.status()
  }

  async refill(ref: PlayerRef, from: RefillPlace | null): Promise<Result<RefilledPage>> {
    const opened = await this.#ready(ref)
    return opened.ok ? opened.value.log.refill(from) : opened
  }

  override async alarm(): Promise<void> {
    const ref = ownRef(durableSql(this.ctx.storage)).read()
    if (!ref) return
    await inTurn(this.ctx.storage, this.#its?.room.opened?.log, () => {
      const opened = this.#of(ref).room.open()
      return opened.log.alarm(() => this.#lives(ref, opened))
    })
  }

  #of(ref: PlayerRef): { room: Room<Opened>; tracing: ObjectTracing } {
    if (this.#its) return this.#its
    const ports = logPorts(this.ctx, this.env, logRefOf(ref), { kind: 'player', userId: ref.userId }, platform.tracing)
    const room = new Room(ports, (): Opened => {
      ownRef(ports.sql).write(ref)
      const tables = playerTables(ports.sql)
      const entity = new PlayerEntity(tables, ports.regions[0]?.region ?? '')
      const log = new CommitLog(ports, entity)
      tables.audit.catchUp(ports.log)
      return { log, entity, tables }
    })
    this.#its = { room, tracing: ports.tracing }
    return this.#its
  }

  /** A read of what this object holds; what it has lost is read from the record first. A deleted user is not found. */
  async #read<T>(ref: PlayerRef, read: (opened: Opened) => Result<T>): Promise<Result<T>> {
    const opened = await this.#ready(ref)
    if (!opened.ok) return opened
    return opened.value.tables.deleted() ? fail(unknownUser) : read(opened.value)
  }

  async #ready(ref: PlayerRef): Promise<Result<Opened>> {
    const opened = await this.#of(ref).room.enter()
    if (!opened.ok) return opened
    const lives = await this.#lives(ref, opened.value)
    return lives.ok ? opened : lives
  }

  /** A new life counts for the workspace's boards from its start, so it needs to know them first. */
  async #lives(ref: PlayerRef, { log, entity }: Opened): Promise<Result<void>> {
    if (log.drain.superseded || log.tables.meta('incarnation') === 0) {
      const rules = await this.#rules(ref, { log, entity }, 0)
      if (!rules.ok) return rules
    }
    return log.ready()
  }

  /** Gives the entity a rule set that is at least `number`. */
  async #rules(ref: PlayerRef, { log, entity }: Pick<Opened, 'log' | 'entity'>, number: number): Promise<Result<void>> {
    if (entity.rules && entity.rules.number >= number) return ok(undefined)
    const key = `${ref.workspaceId}:${number}`
    let rules = number > 0 ? ruleSets.get(key) : undefined
    if (!rules) {
      const stub = objectStub<WorkspaceRpc>(this.env.WORKSPACE, ref.workspaceId, this.env.JURISDICTION)
      try {
        const fetched = await stub.ruleSet(ref.workspaceId, number > 0 ? number : undefined)
        if (!fetched.ok) return fetched
        rules = fetched.value
      } catch {
        return fail(failure('record/unavailable', "The workspace's rules cannot be read right now.", { retryAfterSeconds: 1 }))
      }
      ruleSets.set(`${ref.workspaceId}:${rules.number}`, rules)
      for (const oldest of ruleSets.keys()) {
        if (ruleSets.size <= ruleSetsKept) break
        ruleSets.delete(oldest)
      }
    }
    const news = entity.use(rules)
    // Lines that were decided with rules that did not know a board yet: nobody else would tell the board of them.
    if (log.tables.meta('incarnation') > 0) log.enqueue(news.flatMap((series) => entity.scoresOf(series, 0)))
    return ok(undefined)
  }
}
