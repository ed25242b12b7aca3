// All there is to know of a workspace: what its own people are shown, what the operator's audit finds in its objects,
// its record, its index and its boards. Two equal states mean that nothing happened in between.

import { runInDurableObject } from 'cloudflare:test'
import { playerAt, workspaceAt } from '../../workers/support/objects.ts'
import { tenantRoutes, validAsk } from './routes.ts'
import { must, settled, type Tenant } from './tenants.ts'
import type { World } from './world.ts'

const kinds = ['user', 'activity', 'virtual-currency', 'reward-rule', 'runtime-leaderboard-configuration', 'board', 'media']

export async function stateOf(world: World, tenant: Tenant): Promise<Record<string, unknown>> {
  await settled(world, tenant.workspaceId)
  const state: Record<string, unknown> = {}
  for (const one of tenantRoutes.filter(({ route, known }) => route.method === 'GET' && !known.isFresh))
    state[one.name] = unsigned((await must(world, await validAsk(world, one, tenant))).json)
  const at = `/platform/v1/workspaces/${tenant.workspaceId}/audit`
  const paths = [at, `${at}/users?limit=50`, ...kinds.map((kind) => `${at}/index/${kind}`)]
  paths.push(`${at}/boards/${tenant.things.runtimeLeaderboardId}/PERMANENT`)
  for (const path of paths) state[path] = (await must(world, { path, token: world.operatorKey })).json
  return state
}

/** A URL that ends is another at each look. */
const unsigned = (json: unknown): unknown =>
  json === undefined ? undefined : JSON.parse(JSON.stringify(json).replaceAll(/expires=\d+&signature=[\w-]+/g, 'signed'))

/**
 * How many commands were decided in the workspace and by its users: any change of anything is one more. Read where the
 * objects keep their logs: to have them tell all they know costs several times the request that is looked at.
 */
export async function decidedIn({ workspaceId, things }: Tenant): Promise<number[]> {
  const players = [things.userId, things.doomedUserId, 'twin'].map((userId) => playerAt(workspaceId, userId))
  return Promise.all([workspaceAt(workspaceId), ...players].map(lastCommitOf))
}

const lastCommitOf = async (object: DurableObjectStub): Promise<number> => {
  const last = await runInDurableObject(
    object,
    (_, { storage }) => storage.sql.exec('SELECT max(sequence) AS last FROM commits').one().last,
  )
  if (typeof last !== 'number') throw new Error('an object of the tests has no log')
  return last
}
