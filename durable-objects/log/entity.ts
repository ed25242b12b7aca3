// What a log needs to know of the thing whose log it is. Player and Workspace are the two.

import type { Answer, Commit, Position } from '../../domain/log/types.ts'
import type { OutboxBody } from '../../domain/outbox.ts'
import type { Result } from '../../domain/result.ts'

export interface Decision<Effects> {
  effects: Effects
  answer: Answer
}

/** An outbox entry. Without a body it is made from state when it is sent, so that it is absolute and never older than what the record has. */
export interface Outgoing {
  id: string
  body?: OutboxBody
}

export interface Entity<Command, Effects> {
  migrate(): void
  /** Empties every table of the entity; the log's own are not its business. */
  clear(): void
  /** True for the one command that may begin a log. */
  isBirth(command: Command): boolean
  exists(): boolean
  /** Pure on current state: no await, no writes. */
  decide(command: Command, nowMs: number, newId: () => string): Result<Decision<Effects>>
  /** Writes the values that a commit changed. The same for a new commit and for a replayed one. */
  apply(commit: Commit<Command, Effects>): void
  /** What this commit has for others. */
  outgoing(commit: Commit<Command, Effects>): Outgoing[]
  /** Everything the entity has for others, for a new life or a rebuild; `head` is the newest commit's place. */
  everything(head: Position): Outgoing[]
  /** The body of an entry that has none, as of `confirmed`; null when there is nothing to say any more. */
  materialize(id: string, confirmed: Position): OutboxBody | null
  /** The number that commits carry. */
  ruleSetNumber(): number
  /** True: an answer waits for the record, whatever it takes. */
  strict(): boolean
}
