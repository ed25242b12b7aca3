// What a user's log means: the pure rules decide, this applies. The same apply() runs for a new commit and a replayed one.

import { keepsBefores, listing, playerBefores } from '../../domain/audit/changes.ts'
import { auditRecordOf } from '../../domain/audit/record.ts'
import type { AuditRecord } from '../../domain/audit/types.ts'
import { signedAmount } from '../../domain/boards/signed-amount.ts'
import type { Series } from '../../domain/boards/types.ts'
import type { Commit, Position } from '../../domain/log/types.ts'
import type { OutboxBody } from '../../domain/outbox.ts'
import { decidePlayer } from '../../domain/player/decide.ts'
import type { PlayerCommand, PlayerEffects, PlayerView } from '../../domain/player/types.ts'
import type { Result } from '../../domain/result.ts'
import type { RuleSet } from '../../domain/rules/types.ts'
import { auditRow, auditRowRecord } from '../audit/audit-table.ts'
import type { Decision, Entity, Outgoing } from '../log/entity.ts'
import type { PlayerTables } from './player-tables.ts'
import { knowSeries, periodsTouched, scorePush } from './totals.ts'

type PlayerCommit = Commit<PlayerCommand, PlayerEffects>

const isListed = (commit: PlayerCommit): boolean => listing({ kind: 'player' }, commit) === 'listed'
const scoreId = (seriesId: string, periodId: string) => `score:${seriesId}:${periodId}`

export class PlayerEntity implements Entity<PlayerCommand, PlayerEffects> {
  readonly #tables: PlayerTables
  readonly #region: string
  readonly #view: PlayerView
  /** The set that decisions are made with; execute() provides it. Its number never goes back. */
  #rules: RuleSet | null = null

  constructor(tables: PlayerTables, region: string) {
    this.#tables = tables
    this.#region = region
    this.#view = {
      profile: () => tables.profile(),
      deleted: () => tables.deleted(),
      balance: (virtualCurrencyId) => tables.balance(virtualCurrencyId),
      previousEvent: (activityId) => tables.previousEvent(activityId),
      sessions: () => tables.sessions(),
    }
  }

  get rules(): RuleSet | null {
    return this.#rules
  }

  /** Says which series were news: lines that were posted before may count on their boards. */
  use(rules: RuleSet): Series[] {
    if (this.#rules && rules.number <= this.#rules.number) return []
    this.#rules = rules
    return rules.series.filter((series) => knowSeries(this.#tables, series))
  }

  migrate(): void {
    this.#tables.migrate()
  }

  clear(): void {
    this.#tables.clear()
    // The boards to count for are the workspace's to say, not the log's.
    for (const series of this.#rules?.series ?? []) knowSeries(this.#tables, series)
  }

  isBirth(command: PlayerCommand): boolean {
    return command.kind === 'user.create'
  }

  exists(): boolean {
    return this.#tables.profile() !== null
  }

  decide(command: PlayerCommand, nowMs: number, newId: () => string): Result<Decision<PlayerEffects>> {
    if (!this.#rules) throw new Error('a decision was asked for before a rule set was provided')
    return decidePlayer(this.#view, command, this.#rules, { nowMs, newId, region: this.#region })
  }

  apply(commit: PlayerCommit): void {
    const { effects, sequence, ruleSet } = commit
    if (keepsBefores(commit)) this.#tables.audit.note(sequence, isListed(commit), playerBefores(effects, this.#view))
    if (effects.profile) this.#tables.setProfile(effects.profile)
    if (effects.deleted) this.#tables.setDeleted()
    if (effects.event) this.#tables.setPreviousEvent(effects.event)
    for (const line of effects.lines ?? []) this.#tables.addLine(line, signedAmount(line), sequence, ruleSet)
    for (const balance of effects.balances ?? []) this.#tables.setBalance(balance)
    for (const session of effects.sessions ?? []) this.#tables.changeSession(session)
  }

  /** A changed name or picture is shown on every board; a ledger line moves the boards it counts on. */
  outgoing(commit: PlayerCommit): Outgoing[] {
    const { effects, incarnation, sequence } = commit
    const audit = isListed(commit) ? [auditRow(sequence)] : []
    if (effects.profile || effects.deleted) return [this.#userRow(incarnation), ...this.#scores(0), ...audit]
    return effects.lines ? this.#scores(sequence - 1) : audit
  }

  everything(head: Position): Outgoing[] {
    return this.exists() ? [this.#userRow(head.incarnation), ...this.#scores(0), ...this.#tables.audit.listed().map(auditRow)] : []
  }

  /** Outbox ids for every board of a series that this user is on; only those that lines after `after` touch. */
  scoresOf(series: Series, after: number): Outgoing[] {
    const lines = this.#tables.linesOf(series.virtualCurrencyId, after, Number.MAX_SAFE_INTEGER)
    return periodsTouched(lines, series).map((periodId) => ({ id: scoreId(series.seriesId, periodId) }))
  }

  materialize(id: string, confirmed: Position): OutboxBody | null {
    const record = auditRowRecord(id, (sequence) => this.#auditRecord(sequence))
    if (record !== undefined) return record && { kind: 'audit', record }
    const [kind, seriesId = '', periodId = ''] = id.split(':')
    const known = kind === 'score' ? this.#tables.series(seriesId) : null
    const push = known && scorePush(this.#tables, known.series, periodId, confirmed)
    return push ? { kind: 'score', seriesId, periodId, push } : null
  }

  ruleSetNumber(): number {
    return this.#rules?.number ?? 0
  }

  strict(): boolean {
    return this.#rules?.settings.strict ?? false
  }

  #auditRecord(sequence: number): AuditRecord | null {
    const found = this.#tables.audit.at(sequence)
    const profile = this.#tables.profile()
    if (!found || !profile) return null
    return auditRecordOf(found.commit, { workspaceId: profile.workspaceId, kind: 'player', entityId: profile.userId }, found.befores)
  }

  #scores(after: number): Outgoing[] {
    return this.#tables.allSeries().flatMap((series) => this.scoresOf(series, after))
  }

  #userRow(incarnation: number): Outgoing {
    const profile = this.#tables.profile()
    const userId = profile?.userId ?? ''
    return { id: 'user', body: { kind: 'user', userId, incarnation, profile: this.#tables.deleted() ? null : profile } }
  }
}
