// The objects themselves: asked directly, and made to lose what a real one can lose.

import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import type { BoardRef } from '../../../domain/boards/types.ts'
import type { OutboxMessage } from '../../../domain/outbox.ts'
import type { PlayerInspection } from '../../../durable-objects/player/rpc.ts'
import { must } from './game.ts'
import { operator } from './tenant.ts'

export const playerAt = (workspaceId: string, userId: string) =>
  env.PLAYER.get(env.PLAYER.idFromName(`${workspaceId}:${userId}`)) as unknown as DurableObjectStub
export const workspaceAt = (workspaceId: string) => env.WORKSPACE.get(env.WORKSPACE.idFromName(workspaceId)) as unknown as DurableObjectStub
export const leaderboardAt = ({ workspaceId, boardId }: Pick<BoardRef, 'workspaceId' | 'boardId'>) =>
  env.LEADERBOARD.get(env.LEADERBOARD.idFromName(`${workspaceId}:${boardId}`)) as unknown as DurableObjectStub

/** The object dies where it stands: what it had in memory is gone, its storage stays. */
export async function crash(stub: DurableObjectStub): Promise<void> {
  await runInDurableObject(stub, (_, state) => state.abort('crashed by a test')).catch(() => undefined)
}

/** The object dies and its storage with it, the alarm included. */
export async function loseStorage(stub: DurableObjectStub): Promise<void> {
  await runInDurableObject(stub, async (_, state) => {
    await state.storage.deleteAlarm()
    await state.storage.deleteAll()
  })
  await crash(stub)
}

/** What the object says of itself; null where it cannot be served now. */
export async function inspectPlayer(workspaceId: string, userId: string): Promise<PlayerInspection | null> {
  const stub = env.PLAYER.get(env.PLAYER.idFromName(`${workspaceId}:${userId}`))
  const found = await stub.inspect({ workspaceId, userId })
  return found.ok ? (found.value as PlayerInspection) : null
}

/**
 * From now on the object's outbox reaches nobody but this list: a queue that has not delivered yet. To be called before
 * the object is first used.
 */
export async function holdOutbox(stub: DurableObjectStub, held: OutboxMessage[]): Promise<void> {
  await runInDurableObject(stub, (instance) => {
    const object = instance as unknown as { env: Env }
    const send = async (message: OutboxMessage) => void held.push(message)
    object.env = Object.assign(Object.create(object.env), { OUTBOX: { send } })
  })
}

interface Audited {
  differences: string[]
  outbox: number
}

/** Everything that is wrong with the workspace's record or still on its way: what `npm run verify` asks, but for boards and index. */
export async function auditOf(workspaceId: string): Promise<string[]> {
  const found: string[] = []
  const note = (name: string, { differences, outbox }: Audited) => {
    found.push(
      ...differences.map((difference) => `${name}: ${difference}`),
      ...(outbox > 0 ? [`${name}: ${outbox} rows on their way`] : []),
    )
  }
  note('workspace', await must(operator.get(`/workspaces/${workspaceId}/audit`)))
  for (let after: string | null = ''; after !== null; ) {
    const page: { items: (Audited & { userId: string })[]; next: string | null } = await must(
      operator.get(`/workspaces/${workspaceId}/audit/users${after && `?after=${after}`}`),
    )
    for (const user of page.items) note(user.userId, user)
    after = page.next
  }
  return found
}
