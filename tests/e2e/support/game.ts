// A small workspace over the public API: one activity that pays one point, and users who log it.

import type { Platform } from './platform.ts'

export interface Game {
  users: string[]
  currencyId: string
  activityId: string
  /** A machine's token for the app API. */
  token: string
  log(userId: string, activityLogId?: string, headers?: Record<string, string>): Promise<Logged>
  /** Event ids of the user's transactions, oldest first, to the last page. */
  events(userId: string): Promise<string[]>
}

export interface Logged {
  status: number
  durability: string | null
  headers: Headers
  body: Record<string, unknown>
}

const translations = [{ lang: 'en', label: 'Points', description: 'Points' }]

export async function prepareGame(platform: Platform, workspace: string, players: number, settings?: { strict: boolean }): Promise<Game> {
  await platform.unlimit(workspace)
  const machine = { workspace, user: 'machine', role: 'admin', platform: 'm2m' } as const
  const dashboard = await platform.token({ ...machine, context: 'dashboard' })
  const app = await platform.token({ ...machine, context: 'app' })
  if (settings) await applySettings(platform, dashboard, settings)
  const post = async (path: string, body: unknown): Promise<Record<string, string>> => {
    const response = await send(platform, 'POST', `/dashboard/v1${path}`, dashboard, body)
    if (response.status >= 300) throw new Error(`${path}: ${response.status} ${JSON.stringify(response.body)}`)
    return response.body as Record<string, string>
  }
  const { virtualCurrencyId: currencyId = '' } = await post('/virtual-currencies', { name: 'Points', defaultLang: 'en', translations })
  const { activityId = '' } = await post('/activities', { name: 'Walk', defaultLang: 'en', translations })
  const { rewardRuleId = '' } = await post('/reward-rules', {
    name: 'A point a walk',
    ruleType: 'INSTANCE',
    matchEntity: 'Activity',
    matchEntityId: activityId,
    matchCondition: { '==': [1, 1] },
    applicationMode: 'ALWAYS',
    defaultLang: 'en',
    rewards: [
      { rewardType: 'VIRTUAL_CURRENCY', virtualCurrencyId: currencyId, redemptionMode: 'AUTO', expression: { var: 'event.value' } },
    ],
    translations: [{ lang: 'en', description: 'A point' }],
  })
  await Promise.all(
    [`/virtual-currencies/${currencyId}`, `/activities/${activityId}`, `/reward-rules/${rewardRuleId}`].map((path) =>
      post(`${path}/publish`, {}),
    ),
  )
  const users: string[] = []
  for (let i = 0; i < players; i++)
    users.push((await post('/users', { email: `player${i}@example.com`, nickname: `Player ${i}` })).userId ?? '')

  return {
    users,
    currencyId,
    activityId,
    token: app,
    log: (userId, activityLogId, headers) =>
      send(platform, 'POST', '/app/v1/activity-logs', app, { activityId, userId, ...(activityLogId && { activityLogId }) }, headers),
    events: (userId) => eventsOf(platform, app, userId),
  }
}

/** Event ids behind a user's transactions, oldest first, to the last page. `token` is a machine's. */
async function eventsOf(platform: Platform, token: string, userId: string): Promise<string[]> {
  const found: string[] = []
  for await (const transaction of pages(platform, '/app/v1/virtual-transactions?order=asc', token, { 'x-user-id': userId })) {
    found.push((transaction as { additionalData: { activityLogId: string } }).additionalData.activityLogId)
  }
  return found
}

/** The same of every user in the workspace. */
export async function eventsOfAll(platform: Platform, workspace: string): Promise<string[]> {
  const machine = { workspace, user: 'machine', role: 'admin', platform: 'm2m' } as const
  const dashboard = await platform.token({ ...machine, context: 'dashboard' })
  const app = await platform.token({ ...machine, context: 'app' })
  const found: string[] = []
  for await (const user of pages(platform, '/dashboard/v1/users?order=asc', dashboard)) {
    found.push(...(await eventsOf(platform, app, (user as { userId: string }).userId)))
  }
  return found
}

async function* pages(platform: Platform, path: string, token: string, headers: Record<string, string> = {}): AsyncGenerator<unknown> {
  let nextToken: string | null = ''
  while (nextToken !== null) {
    const more: string = nextToken && `&nextToken=${encodeURIComponent(nextToken)}`
    const { status, body } = await send(platform, 'GET', `${path}&limit=100${more}`, token, undefined, headers)
    if (status !== 200) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`)
    yield* body.items as unknown[]
    nextToken = (body.nextToken as string | null | undefined) ?? null
  }
}

export async function send(
  platform: Platform,
  method: string,
  path: string,
  token: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Logged> {
  const response = await fetch(platform.baseUrl + path, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    body: body === undefined ? null : JSON.stringify(body),
  })
  return {
    status: response.status,
    durability: response.headers.get('x-durability'),
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  }
}

async function applySettings(platform: Platform, token: string, settings: { strict: boolean }): Promise<void> {
  const { body } = await send(platform, 'GET', '/dashboard/v1/workspace', token)
  const { workspaceId, accountId, name, slug } = body as Record<string, string>
  const changed = await platform.operator('PUT', `/platform/v1/workspaces/${workspaceId}`, { accountId, name, slug, settings })
  if (changed.status >= 300) throw new Error(`settings: ${changed.status} ${await changed.text()}`)
}
