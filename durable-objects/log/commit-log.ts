// The single writer of one log: decides in one synchronous step, answers when the decision is durable.
//
// Guarantees
// - A command is decided at most once for its event id (for ever) and its idempotency key (until it expires); a repeat
//   gets the first one's answer, and waits for the same commit when that is still being written.
// - Commit, state, idempotency record, outbox rows and the alarm that drains them are one storage transaction.
// - An answer says where the commit is: `record` (a region has it) or `edge` (R2 has it, and the regions are away).
//   Neither: 503, and a retry with the same key waits for the same commit.
// - Nothing new is decided while more waits for the regions than can be sent in time: 503 at once, and nothing is kept.
// Trade-off: state that a caller can read may be ahead of the record by what is in flight; nothing derived is.

import { type Failure, failure } from '../../domain/failures.ts'
import type { Commit } from '../../domain/log/types.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import { rowLimitBytes } from './agenda.ts'
import { Drain } from './drain.ts'
import type { Entity } from './entity.ts'
import { bytesOf, commitLimitBytes } from './packing.ts'
import { Pending } from './pending.ts'
import type { LogPorts } from './ports.ts'
import { type RefilledPage, type RefillPlace, refillPage } from './refill-regions.ts'
import { openLife } from './rehydrate.ts'
import type { CommandReply, CommandRequest, LogStatus } from './rpc.ts'
import { type LogTables, logTables } from './tables.ts'

/** A decision, before it is known to be durable. */
type Decided = { ok: true; sequence: number; replayed: boolean } | { ok: false; reply: CommandReply }

/** Rolls the transaction back that would have stored it. */
class RowTooLarge extends Error {}

export class CommitLog<Command, Effects> {
  readonly tables: LogTables
  readonly drain: Drain
  readonly #pending: Pending
  readonly #ports: LogPorts
  readonly #entity: Entity<Command, Effects>
  #opening: Promise<Result<void>> | undefined

  constructor(ports: LogPorts, entity: Entity<Command, Effects>) {
    this.#ports = ports
    this.#entity = entity
    this.tables = logTables(ports.sql)
    this.tables.migrate()
    entity.migrate()
    this.#pending = new Pending(ports, this.tables)
    this.drain = new Drain(ports, this.tables, this.#pending, (id, confirmed) => entity.materialize(id, confirmed))
  }

  /** Makes sure that this object holds its log: at once when it does, else from the record. `resource/not_found` when there never was one. */
  async ready(birth = false): Promise<Result<void>> {
    if (this.drain.superseded) this.#abandon()
    if (this.tables.meta('incarnation') > 0) return this.#bornOrMissing(birth)
    this.#opening ??= openLife(this.#ports, this.tables, this.#entity, birth).finally(() => {
      this.#opening = undefined
      this.drain.reload()
      if (this.drain.decided > 0) this.drain.wake()
    })
    const opened = await this.#opening
    // Somebody else's read opened it without finding a log; a birth may still begin one.
    if (!opened.ok && birth && opened.error.code === 'resource/not_found') return this.ready(true)
    return opened.ok ? this.#bornOrMissing(birth) : opened
  }

  /**
   * What the object's alarm does. Never throws: the platform gives up on an alarm that has failed six times, and commits
   * that wait would be nobody's. `ready` when the object prepares a new life in a way of its own.
   */
  async alarm(ready: () => Promise<Result<void>> = () => this.ready()): Promise<void> {
    const { agenda } = this.drain
    agenda.fired()
    try {
      if (this.drain.superseded || this.tables.meta('incarnation') === 0) {
        const opened = await ready()
        if (!opened.ok && opened.error.code === 'record/unavailable') agenda.wakeBy(this.#ports.now() + this.#ports.limits.resendAfterMs)
      }
      await this.drain.settle()
    } catch (thrown) {
      this.drain.stumbled(thrown)
      agenda.wakeBy(this.#ports.now() + this.#ports.limits.resendAfterMs)
    }
  }

  /** One reply a request, in order. Failures are values; only bugs throw. */
  async execute(requests: CommandRequest<Command>[]): Promise<CommandReply[]> {
    const ready = await this.ready(requests.some((request) => this.#entity.isBirth(request.command)))
    if (!ready.ok) return requests.map(() => ({ ok: false, error: ready.error }))
    const life = this.tables.meta('incarnation')
    // Another caller found out meanwhile that this life is over, and the next is being opened.
    if (life === 0) return this.execute(requests)
    const decided = requests.map((request) => this.#decide(request))
    const last = decided.reduce((most, one) => (one.ok ? Math.max(most, one.sequence) : most), 0)
    const durability = last === 0 ? 'record' : await this.#durable(last, life)
    return decided.map((one) => {
      if (!one.ok) return one.reply
      return this.#reply(one.sequence, one.replayed, this.#isOver(life) ? 'none' : this.#best(one.sequence, durability))
    })
  }

  status(): LogStatus {
    return {
      incarnation: this.tables.meta('incarnation'),
      decided: this.drain.decided,
      confirmed: this.drain.confirmed,
      outbox: this.tables.outboxSize(),
      regions: Object.fromEntries(this.#ports.regions.map(({ region }) => [region, this.tables.cursor(region)])),
    }
  }

  /** How far the log is in a region or in R2: what lies behind it must not be shown as settled. */
  durableThrough(): number {
    return Math.max(this.drain.confirmed, this.#pending.through())
  }

  /** The whole log, in order; or what is behind a sequence. */
  *commits(after = 0): Iterable<Commit<Command, Effects>> {
    for (let sequence = after + 1; sequence <= this.tables.lastSequence(); sequence++)
      yield this.tables.commit(sequence) as Commit<Command, Effects>
  }

  /** Queues outbox entries outside a commit (a new series, a rebuild), as of what is decided. */
  enqueue(entries: { id: string; body?: unknown }[]): void {
    if (entries.length === 0) return
    this.#ports.sql.transaction(() => {
      for (const { id, body } of entries) this.tables.enqueue(id, this.drain.decided, body === undefined ? null : JSON.stringify(body))
    })
    this.drain.wake()
    void this.drain.flush()
  }

  /** One page of making every region's copy whole; `from` is the place that the page before gave. */
  refill(from: RefillPlace | null): Promise<Result<RefilledPage>> {
    return refillPage({ ports: this.#ports, tables: this.tables, drain: this.drain }, from)
  }

  /** Queues everything the entity has for others once more. */
  republish(): void {
    this.enqueue(this.#entity.everything(this.tables.positionAt(this.drain.decided)))
  }

  #decide(request: CommandRequest<Command>): Decided {
    const nowMs = this.#ports.now()
    const earlier = this.#earlier(request, nowMs)
    if (earlier) return earlier
    const behind = this.#behind()
    if (behind) return { ok: false, reply: { ok: false, error: behind } }
    const decision = this.#entity.decide(request.command, nowMs, this.#ports.newId)
    if (!decision.ok && !this.#keepsRefusal(request, decision.error)) return { ok: false, reply: { ok: false, error: decision.error } }

    const sequence = this.drain.decided + 1
    const commit: Commit<Command, Effects> = {
      incarnation: this.tables.meta('incarnation'),
      sequence,
      previousIncarnation: this.tables.positionAt(sequence - 1).incarnation,
      decidedAtMs: nowMs,
      command: request.command,
      // A refused event has had no effect: its id stays free.
      ...(decision.ok && request.eventId !== undefined && { eventId: request.eventId, eventFingerprint: request.eventFingerprint ?? '' }),
      ...(request.idempotency && { idempotency: request.idempotency }),
      trail: request.trail,
      ruleSet: this.#entity.ruleSetNumber(),
      effects: decision.ok ? decision.value.effects : ({} as Effects),
      answer: decision.ok ? decision.value.answer : { status: 0, body: null },
      ...(!decision.ok && { refusal: decision.error }),
    }
    const body = JSON.stringify(commit)
    if (bytesOf(body) > commitLimitBytes) {
      const error = failure('request/too_large', `This command and its effects take more than ${commitLimitBytes} bytes.`)
      return { ok: false, reply: { ok: false, error } }
    }
    if (!this.#store(commit, body)) {
      const error = failure(
        'request/too_large',
        `What this command changes takes more than the ${rowLimitBytes} bytes that can be passed on.`,
      )
      return { ok: false, reply: { ok: false, error } }
    }
    this.drain.decided = sequence
    this.#ports.tracing?.decided(sequence)
    this.drain.guard()
    return { ok: true, sequence, replayed: false }
  }

  /**
   * Why nothing new can be decided now. Only where a region is there: while all are away R2 takes what is decided, and a
   * repeat of what was decided before is answered in any case.
   */
  #behind(): Failure | null {
    const loads = this.#ports.regions.map((region) => region.load?.(this.#ports.log))
    const first = loads.find((load) => load !== undefined && !load.isAway)
    if (!first?.isFull) return null
    return failure('server/overloaded', 'More is being written than can be taken in time. Nothing was done. Try again later.', {
      retryAfterSeconds: Math.max(1, Math.ceil(first.waitMs / 1000)),
    })
  }

  /** All or nothing. False when a consumer could never be told: the queue would refuse the row for ever. */
  #store(commit: Commit<Command, Effects>, text: string): boolean {
    try {
      this.#ports.sql.transaction(() => {
        this.tables.addCommit(commit, text)
        this.#entity.apply(commit)
        for (const { id, body } of this.#entity.outgoing(commit)) {
          const row = body ? JSON.stringify(body) : null
          if (row !== null && bytesOf(row) > rowLimitBytes) throw new RowTooLarge()
          this.tables.enqueue(id, commit.sequence, row)
        }
      })
      return true
    } catch (thrown) {
      if (thrown instanceof RowTooLarge) return false
      throw thrown
    }
  }

  /** What an earlier request with this key or event id came to. */
  #earlier(request: CommandRequest<Command>, nowMs: number): Decided | null {
    const claim = request.idempotency && this.tables.claim(request.idempotency, nowMs)
    if (claim) {
      if (claim.fingerprint === request.idempotency?.fingerprint) return { ok: true, sequence: claim.sequence, replayed: true }
      const error = failure('idempotency/key_reused', 'This idempotency key was used with another request.')
      return { ok: false, reply: { ok: false, error } }
    }
    const event = request.eventId === undefined ? undefined : this.tables.event(request.eventId)
    if (!event) return null
    if (event.fingerprint === (request.eventFingerprint ?? '')) return { ok: true, sequence: event.sequence, replayed: true }
    const error = failure('resource/already_exists', 'An event with this id was recorded before, and it says something else.')
    return { ok: false, reply: { ok: false, error } }
  }

  /**
   * A key that the client gave also holds a refusal, so that a late copy of a refused request has no effect either. Not where
   * an event's own id already sees to that: its retry is judged anew, or an offline queue would lose the event. And not who
   * may ask: that is judged on every repeat.
   */
  #keepsRefusal({ idempotency, eventId }: CommandRequest<Command>, { code }: Failure): boolean {
    const isKeyed = idempotency !== undefined && !idempotency.derived && eventId === undefined
    return isKeyed && !code.startsWith('auth/') && this.#entity.exists()
  }

  #reply(sequence: number, replayed: boolean, durability: 'record' | 'edge' | 'none'): CommandReply {
    if (durability === 'none' || (durability === 'edge' && this.#entity.strict())) {
      return {
        ok: false,
        error: failure('record/unavailable', 'The record cannot be written right now. Retry with the same key.', { retryAfterSeconds: 1 }),
      }
    }
    const commit = this.tables.commit(sequence)
    if (commit.refusal) return { ok: false, error: commit.refusal, ...(replayed && { replayed: true as const }) }
    return { ok: true, answer: commit.answer, at: { incarnation: commit.incarnation, sequence }, durability, replayed }
  }

  /** `life` is the one that decided it. */
  async #durable(sequence: number, life: number): Promise<'record' | 'edge' | 'none'> {
    // First: the drain asks whether anybody waits, and then whose turn it is.
    const confirmation = this.drain.confirmation(sequence)
    void this.drain.start()
    const outcome = await Promise.race([confirmation, this.#ports.after(this.#ports.limits.answerDeadlineMs).then(() => 'late' as const)])
    if (this.#isOver(life)) return 'none'
    if (outcome === 'confirmed') return 'record'
    if (outcome === 'overloaded' || (outcome === 'late' && this.#isQueued())) return 'none'
    const kept = await this.#pending.keep(sequence, () => ({ confirmed: this.drain.confirmed, decided: this.drain.decided }))
    if (this.#isOver(life)) return 'none'
    if (sequence <= this.drain.confirmed) {
      // The record was faster: R2 need not keep what it has just been given.
      this.drain.wake()
      return 'record'
    }
    return kept ? 'edge' : 'none'
  }

  /** It was never sent: the regions are there, and this isolate is behind. */
  #isQueued(): boolean {
    return this.#ports.regions.some((region) => region.load?.(this.#ports.log).isQueued)
  }

  /** Decided by a life that is over: nobody will ever read it, so nobody may be told that it is kept. */
  #isOver(life: number): boolean {
    return this.drain.superseded || this.tables.meta('incarnation') !== life
  }

  /** A repeat in a call of several need not wait for what was decided after it: the record may have had it for long. */
  #best(sequence: number, together: 'record' | 'edge' | 'none'): 'record' | 'edge' | 'none' {
    if (sequence <= this.drain.confirmed) return 'record'
    return sequence <= this.#pending.through() ? 'edge' : together
  }

  #bornOrMissing(birth: boolean): Result<void> {
    return birth || this.#entity.exists() ? ok(undefined) : fail(failure('resource/not_found', 'There is no such entity.'))
  }

  /** A later life of this object writes the log now: what is here is history, and is read anew. */
  #abandon(): void {
    this.#ports.sql.transaction(() => {
      this.tables.clear()
      this.#entity.clear()
    })
    this.drain.reload()
  }
}
