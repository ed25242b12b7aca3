// Workspaces with one of everything. Whatever a workspace has that another could see by mistake carries its marker,
// so that a leak is found by searching an answer for it. Ids that clients choose carry it too.

import { nanoid } from 'nanoid'
import { vi } from 'vitest'
import { boardQuery } from '../../../domain/boards/board-query.ts'
import { type ClientThings, furnishClients, noClients } from './cases-oauth.ts'
import { furnishMedia, type MediaThings, mediaIds } from './furnish-media.ts'
import { furnishSession } from './furnish-session.ts'
import { furnishUploads } from './furnish-uploads.ts'
import { furnishings } from './furnishings.ts'
import { accountId, type Claims, scopes, signed } from './tokens.ts'
import type { Answer, Ask, World } from './world.ts'

/** What a route can be asked about. */
export interface Things extends ClientThings, MediaThings {
  /** In the names of everything the workspace has. */
  marker: string
  userId: string
  doomedUserId: string
  externalId: string
  doomedExternalId: string
  activityId: string
  virtualCurrencyId: string
  rewardRuleId: string
  runtimeLeaderboardConfigurationId: string
  runtimeLeaderboardId: string
  /** A leaderboard that has not started. */
  laterLeaderboardId: string
  virtualTransactionId: string
}

export interface Tenant {
  workspaceId: string
  accountId: string
  things: Things
  /** Claims of a person of the app, of an owner of the workspace, of a machine. */
  person: Claims
  owner: Claims
  machine: Claims
}

/** The same names in every workspace: what must not make them the same thing. */
export const twin = { userId: 'twin', activityId: 'commit', virtualCurrencyId: 'points' }

/** Ids that nothing has, in no workspace. */
export const nowhere = (): Things => {
  const marker = nanoid(10)
  return {
    ...chosenIds(marker),
    ...noClients(),
    rewardRuleId: nanoid(),
    runtimeLeaderboardId: nanoid(),
    laterLeaderboardId: nanoid(),
    virtualTransactionId: nanoid(),
  }
}

const chosenIds = (marker: string) => ({
  marker,
  userId: `user-${marker}`,
  doomedUserId: `doomed-${marker}`,
  externalId: `external-${marker}`,
  doomedExternalId: `doomed-external-${marker}`,
  activityId: `activity-${marker}`,
  virtualCurrencyId: `currency-${marker}`,
  runtimeLeaderboardConfigurationId: `config-${marker}`,
  ...mediaIds(marker),
})

/** Everything that exists, made through the public routes, with nothing left on its way. */
export async function tenant(world: World, account = accountId): Promise<Tenant> {
  const workspaceId = nanoid(10).replace(/^[-_]/, 'w')
  const base = { workspaceId, accountId: account }
  const chosen = chosenIds(workspaceId)
  const person = { ...base, context: 'app', platform: 'web', role: 'member', userId: chosen.userId }
  const owner = { ...base, context: 'dashboard', platform: 'web', role: 'owner', userId: chosen.userId }
  const machine = { ...base, platform: 'm2m', role: 'admin', sub: 'machine-1', scope: scopes }
  const found = await furnish(world, { ...base, chosen, person, owner })
  await settled(world, workspaceId)
  return { ...base, things: { ...chosen, ...found }, person, owner, machine }
}

interface Plan {
  workspaceId: string
  accountId: string
  chosen: ReturnType<typeof chosenIds>
  person: Claims
  owner: Claims
}

async function furnish(world: World, { workspaceId, accountId, chosen, person, owner }: Plan) {
  const { marker } = chosen
  const platform = `/platform/v1/workspaces/${workspaceId}`
  const dashboard = await signed(owner)
  const app = await signed(person)
  const put = (path: string, body: unknown) => must(world, { method: 'PUT', path, token: world.operatorKey, body })
  const post = (path: string, body?: unknown) => must(world, { method: 'POST', path: `/dashboard/v1${path}`, token: dashboard, body })
  const words = {
    name: `Name ${marker}`,
    defaultLang: 'en',
    translations: [
      { lang: 'en', label: `Label ${marker}` },
      { lang: 'de', label: 'x' },
    ],
  }

  const naming = { name: `Space ${marker}`, slug: `s-${workspaceId.toLowerCase().replaceAll('_', '-')}x` }
  await put(platform, {
    accountId,
    ...naming,
    settings: { limits: unlimited, origins: [`https://${marker.toLowerCase().replaceAll('_', '-')}.test`] },
  })
  const users = [
    { userId: chosen.userId, externalId: chosen.externalId },
    { userId: chosen.doomedUserId, externalId: chosen.doomedExternalId },
    { userId: twin.userId, externalId: 'external-twin' },
  ]
  for (const { userId, ...user } of users)
    await put(`${platform}/users/${userId}`, { email: `${marker}@private.test`, nickname: `Nick ${marker}`, ...user })
  for (const activityId of [chosen.activityId, twin.activityId]) {
    await post('/activities', { ...words, activityId })
    await post(`/activities/${activityId}/publish`)
  }
  for (const virtualCurrencyId of [chosen.virtualCurrencyId, twin.virtualCurrencyId]) {
    await post('/virtual-currencies', { ...words, virtualCurrencyId })
    await post(`/virtual-currencies/${virtualCurrencyId}/publish`)
  }
  const rule = (virtualCurrencyId: string) => ({
    ...rewardRule(virtualCurrencyId),
    name: `Rule ${marker}`,
    translations: [{ lang: 'en', description: marker }, { lang: 'de' }],
  })
  const rules = [await post('/reward-rules', rule(chosen.virtualCurrencyId)), await post('/reward-rules', rule(twin.virtualCurrencyId))]
  for (const { json } of rules) await post(`/reward-rules/${json.rewardRuleId}/publish`)
  for (const id of [chosen.runtimeLeaderboardConfigurationId, 'ranking'])
    await post('/runtime-leaderboard-configurations', {
      ...words,
      runtimeLeaderboardConfigurationId: id,
      query: boardQuery(chosen.virtualCurrencyId),
    })
  const board = { ...leaderboard, runtimeLeaderboardConfigurationId: chosen.runtimeLeaderboardConfigurationId }
  const [now, later] = [
    await post('/runtime-leaderboards', board),
    await post('/runtime-leaderboards', { ...board, timeframeStartsAt: '2999-01-01T00:00:00Z' }),
  ]
  for (const activityLogId of [`first-${marker}`, `second-${marker}`])
    await must(world, {
      method: 'POST',
      path: '/app/v1/activity-logs',
      token: app,
      body: { activityId: chosen.activityId, userId: chosen.userId, activityLogId },
    })
  const twins = await signed({ ...person, userId: twin.userId })
  await must(world, {
    method: 'POST',
    path: '/app/v1/activity-logs',
    token: twins,
    body: { activityId: twin.activityId, userId: twin.userId },
  })
  await furnishSession(world.services, chosen)
  for (const [path, body] of furnishings(chosen)) await post(path, body)
  await furnishMedia(chosen, {
    dashboard: (method, path, body) => must(world, { method, path: `/dashboard/v1${path}`, token: dashboard, ...(body && { body }) }),
    send: (ask) => must(world, ask),
  })
  await furnishUploads(chosen, accountId, (ask) => must(world, ask))
  const clients = await furnishClients(marker, async (path, body) => (await post(path, body)).json)
  const { json: ledger } = await must(world, { path: '/app/v1/virtual-transactions', token: app })
  return {
    ...clients,
    rewardRuleId: rules[0]?.json.rewardRuleId as string,
    runtimeLeaderboardId: now.json.runtimeLeaderboardId as string,
    laterLeaderboardId: later.json.runtimeLeaderboardId as string,
    virtualTransactionId: ledger.items[0].virtualTransactionId as string,
  }
}

const much = { quota: 1_000_000, windowSeconds: 1 }
/** Nobody is counted where counting is not what is looked at. */
export const unlimited = { principal: much, machine: much, workspace: much, suspect: null }

export const rewardRule = (virtualCurrencyId: string) => ({
  name: 'Rule',
  ruleType: 'ENTITY',
  matchEntity: 'Activity',
  matchCondition: true,
  applicationMode: 'ALWAYS',
  defaultLang: 'en',
  rewards: [{ rewardType: 'VIRTUAL_CURRENCY', virtualCurrencyId, redemptionMode: 'AUTO', expression: { var: 'event.value' } }],
  translations: [{ lang: 'en', description: 'Words' }],
})

export const leaderboard = { timeframeType: 'PERMANENT', timeframeTimezoneType: 'FIXED', timeframeStartsAt: '2026-01-01T00:00:00Z' }

/** The answer, which must be a success: a world that is not what it should be tests nothing. */
export async function must(world: World, ask: Ask): Promise<Answer> {
  const answer = await world.ask(ask)
  if (answer.status >= 300) throw new Error(`${ask.method ?? 'GET'} ${ask.path} was answered ${answer.status}: ${answer.text}`)
  return answer
}

/** Until every outbox row is applied: each round runs what the objects' alarms would run. */
export async function settled(world: World, workspaceId: string): Promise<void> {
  const at = `/platform/v1/workspaces/${workspaceId}/settle`
  const settle = async (path: string) => (await must(world, { method: 'POST', path, token: world.operatorKey })).json
  await vi.waitFor(
    async () => {
      const waiting = [await settle(at), await settle(`${at}/users`)]
      if (waiting.some(({ outbox, waiting }) => outbox + waiting > 0))
        throw new Error(`what waits in ${workspaceId}: ${JSON.stringify(waiting)}`)
    },
    { timeout: 20_000, interval: 20 },
  )
}
