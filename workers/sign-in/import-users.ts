// Makes the users of an import.
//
// - First one command says who imports which rows and under which ids. It carries the request's idempotency key, so that a
//   repeat is known before it does anything, and goes on under the ids of the first.
// - Then the workspace's object claims the users, a hundred at a time. From then on they are in the record: what it has
//   claimed its outbox brings about, whatever happens to this request.
// - For as long as there is time each user's own object is told at once, so that whoever asks next finds them.

import type { Trail } from '../../domain/identity.ts'
import type { UserProfile } from '../../domain/player/types.ts'
import { ok, type Result } from '../../domain/result.ts'
import type { GoodRow } from '../../domain/sign-in/import-plan.ts'
import { askerOf } from '../../domain/workspace/asker.ts'
import type { WorkspaceCommand } from '../../domain/workspace/types.ts'
import { userCommandEventId } from '../../domain/workspace/user-command.ts'
import type { CommandReply, CommandRequest } from '../../durable-objects/log/rpc.ts'
import { mapBounded } from '../concurrency.ts'
import { onceClaim } from '../edge/idempotency.ts'
import type { Call } from '../edge/route.ts'
import { newProfile } from '../new-profile.ts'
import { onlyReply } from '../only-reply.ts'
import type { Services } from '../services.ts'

const claimedAtOnce = 100
/** From the request's start; a request is over after 29 s. */
const bearForMs = 10_000

type ToMake = { row: GoodRow; userId: string }
type Claimed = { profile: UserProfile; reply: CommandReply }

/** The ids of the rows that this request is to have made; those of an earlier one where this is its repeat. */
export interface Announced {
  reply: Extract<CommandReply, { ok: true }>
  userIds: Map<number, string>
}

/** `idempotency/key_reused` for a key that came with another file. */
export async function announceImport(services: Services, call: Call, all: GoodRow[], toMake: GoodRow[]): Promise<Result<Announced>> {
  const { workspaceId } = call.caller
  const rows = toMake.map(({ row, user }): [number, string | null] => [row, user.userId === undefined ? services.newId() : null])
  const command: WorkspaceCommand = { kind: 'user.import', rows, by: askerOf(call.caller) }
  // An id of its own, so that no key is derived: the same file again is another import, which finds everybody there.
  const request = call.request(command, { eventId: `import→${services.newId()}`, eventFingerprint: '' })
  const reply = onlyReply(await services.workspace(workspaceId).execute(workspaceId, [request]))
  if (!reply.ok) return reply
  const given = new Map(all.map(({ row, user }) => [row, user.userId ?? '']))
  const userIds = (reply.answer.body as typeof rows).map(([row, userId]) => [row, userId ?? given.get(row) ?? ''] as const)
  return ok({ reply, userIds: new Map(userIds) })
}

/**
 * Whose address or id was taken meanwhile is left out, and found by asking again. A failure (`record/unavailable`) may come
 * after some were made: the same rows again make the rest.
 */
export async function importUsers(services: Services, call: Call, rows: ToMake[]): Promise<Result<void>> {
  // Not call.request for each row: the body is the whole file, and a request has its fingerprint made.
  const { trail } = call
  const claimed: Claimed[] = []
  for (let at = 0; at < rows.length; at += claimedAtOnce)
    claimed.push(...(await claim(services, call, trail, rows.slice(at, at + claimedAtOnce))))
  for (const { reply } of claimed) {
    if (!reply.ok && reply.error.code !== 'resource/already_exists') return reply
    call.note(reply)
  }
  const untilMs = call.nowMs + bearForMs
  await mapBounded(claimed, async (one) => {
    if (services.now() < untilMs) await bear(services, call, trail, one)
  })
  return ok(undefined)
}

async function claim(services: Services, call: Call, trail: Trail, rows: ToMake[]): Promise<Claimed[]> {
  const { workspaceId, accountId } = call.caller
  const by = askerOf(call.caller)
  const claiming = rows.map(({ row, userId }): { profile: UserProfile; request: CommandRequest<WorkspaceCommand> } => {
    const { role, ...user } = row.user
    const profile = newProfile({ ...user, userId, principalId: services.newId(), accountId, workspaceId }, call.nowMs)
    const command: WorkspaceCommand = { kind: 'user.create', profile, ...(role && { role }), ifEmailIsNew: true, by }
    return { profile, request: { command, idempotency: onceClaim(services.newId(), call.nowMs), trail } }
  })
  const replies = await services.workspace(workspaceId).execute(
    workspaceId,
    claiming.map(({ request }) => request),
  )
  return claiming.map(({ profile }, i) => {
    const reply = replies[i]
    if (!reply) throw new Error('the Workspace answered fewer replies than there were commands')
    return { profile, reply }
  })
}

/** A failure here is made good by the workspace's outbox. */
async function bear(services: Services, call: Call, trail: Trail, { profile, reply }: Claimed): Promise<void> {
  if (!reply.ok) return
  const ref = { workspaceId: profile.workspaceId, userId: profile.userId }
  const request = { command: { kind: 'user.create' as const, profile }, eventId: userCommandEventId(reply.at), trail }
  await services.player(ref).execute(ref, call.ruleSet.number, [request])
}
