// What every log-keeping object is asked and answers. Plain data only: it crosses a Durable Object call.

import type { Failure } from '../../domain/failures.ts'
import type { Trail } from '../../domain/identity.ts'
import type { Answer, IdempotencyClaim, Position } from '../../domain/log/types.ts'

export interface CommandRequest<Command> {
  command: Command
  /** The event's own id, in a log once and for ever. */
  eventId?: string
  eventFingerprint?: string
  idempotency?: IdempotencyClaim
  trail: Trail
  /** The caller's `tracestate`. Beside the trail, since what is in the trail is kept in the commit for ever. */
  tracestate?: string
}

export type CommandReply =
  | {
      ok: true
      answer: Answer
      /** The commit's place in the log. */
      at: Position
      /** `record`: a region has it. `edge`: only R2's pending/ has it yet. */
      durability: 'record' | 'edge'
      /** True when this is the stored answer of an earlier request. */
      replayed: boolean
    }
  | { ok: false; error: Failure /** The stored refusal of an earlier request. */; replayed?: true }

export interface LogStatus {
  incarnation: number
  decided: number
  confirmed: number
  outbox: number
  /** Per region, how far its copy is known to reach. */
  regions: Record<string, number>
}
