// All there is to know of a workspace: what its own people are shown, what the operator's audit finds in its objects,
// its record, its index and its boards. Two equal states mean that nothing happened in between.

import { tenantRoutes, validAsk } from './routes.ts'
import { must, settled, type Tenant } from './tenants.ts'
import type { World } from './world.ts'

const kinds = ['user', 'activity', 'virtual-currency', 'reward-rule', 'runtime-leaderboard-configuration', 'board']

export async function stateOf(world: World, tenant: Tenant): Promise<Record<string, unknown>> {
  await settled(world, tenant.workspaceId)
  const state: Record<string, unknown> = {}
  for (const one of tenantRoutes.filter(({ route }) => route.method === 'GET'))
    state[one.name] = (await must(world, await validAsk(world, one, tenant))).json
  const at = `/platform/v1/workspaces/${tenant.workspaceId}/audit`
  const paths = [at, `${at}/users?limit=50`, ...kinds.map((kind) => `${at}/index/${kind}`)]
  paths.push(`${at}/boards/${tenant.things.runtimeLeaderboardId}/PERMANENT`)
  for (const path of paths) state[path] = (await must(world, { path, token: world.operatorKey })).json
  return state
}

/** How many commands were decided in the workspace and by its users: any change of anything is one more. */
export async function decidedIn(world: World, { workspaceId, things }: Tenant): Promise<number[]> {
  const players = [things.userId, things.doomedUserId, 'twin'].map((userId) => ({ workspaceId, userId }))
  const inspected = await Promise.all([
    world.services.workspace(workspaceId).inspect(workspaceId),
    ...players.map((ref) => world.services.player(ref).inspect(ref)),
  ])
  return inspected.map((result) => {
    if (!result.ok) throw new Error(`cannot be inspected: ${result.error.code}`)
    return result.value.status.decided
  })
}
