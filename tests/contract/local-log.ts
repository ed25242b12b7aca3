// A log without a record: an entity's own decisions on its own tables, each command durable at once. It keeps
// idempotency keys and event ids as the real log does, so that handlers meet repeats. Not tested here: durability.

import { failure } from '../../domain/failures.ts'
import type { Commit } from '../../domain/log/types.ts'
import { fail } from '../../domain/result.ts'
import type { Entity } from '../../durable-objects/log/entity.ts'
import type { CommandReply, CommandRequest } from '../../durable-objects/log/rpc.ts'

export function localLog<Command, Effects>(entity: Entity<Command, Effects>, now: () => number, newId: () => string) {
  const commits: Commit<Command, Effects>[] = []
  const byKey = new Map<string, { fingerprint: string; sequence: number }>()
  const byEvent = new Map<string, number>()
  entity.migrate()

  const reply = (sequence: number, replayed: boolean): CommandReply => {
    const { answer } = commits[sequence - 1] as Commit
    return { ok: true, answer, at: { incarnation: 1, sequence }, durability: 'record', replayed }
  }

  function one(request: CommandRequest<Command>): CommandReply {
    const { command, eventId, idempotency, trail } = request
    const claimed = idempotency && byKey.get(idempotency.key)
    if (claimed && claimed.fingerprint !== idempotency.fingerprint) return fail(failure('idempotency/key_reused', 'Another request.'))
    const earlier = claimed?.sequence ?? (eventId === undefined ? undefined : byEvent.get(eventId))
    if (earlier !== undefined) return reply(earlier, true)
    if (!entity.exists() && !entity.isBirth(command)) return fail(failure('resource/not_found', 'There is no such thing.'))
    const decision = entity.decide(command, now(), newId)
    if (!decision.ok) return decision
    const sequence = commits.length + 1
    // Plain data only, as it would cross a real object's storage.
    const commit: Commit<Command, Effects> = structuredClone({
      incarnation: 1,
      sequence,
      previousIncarnation: 1,
      decidedAtMs: now(),
      command,
      trail,
      ruleSet: entity.ruleSetNumber(),
      ...decision.value,
    })
    commits.push(commit)
    entity.apply(commit)
    if (idempotency) byKey.set(idempotency.key, { fingerprint: idempotency.fingerprint, sequence })
    if (eventId !== undefined) byEvent.set(eventId, sequence)
    return reply(sequence, false)
  }

  return { commits, execute: async (requests: CommandRequest<Command>[]): Promise<CommandReply[]> => requests.map(one) }
}
