// The dashboard's resources over HTTP: each answer held against the contract, each refusal with its pointer.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { boardQuery } from '../../domain/boards/board-query.ts'
import { type LocalD1, localD1 } from '../unit/d1/local-d1.ts'
import { assertContract } from './contract.ts'
import { type DashboardWorld, dashboardWorld } from './world.ts'

let d1: LocalD1
let world: DashboardWorld
beforeAll(async () => {
  d1 = await localD1()
})
afterAll(() => d1.dispose())
beforeEach(async () => {
  await d1.database.batch(['users', 'resources', 'boards'].map((table) => d1.database.prepare(`DELETE FROM ${table}`)))
  world = dashboardWorld(d1.database)
  await world.foundWorkspace('workspace1')
})

const translations = [
  { lang: 'en', label: 'Label', description: 'Words' },
  { lang: 'de', label: 'Titel' },
]
const resources = [
  {
    operations: 'activities',
    path: '/activities',
    idMember: 'activityId',
    body: { name: 'Commit', defaultLang: 'en', translations, activityId: 'commit' },
    publishes: true,
  },
  {
    operations: 'virtualCurrencies',
    path: '/virtual-currencies',
    idMember: 'virtualCurrencyId',
    body: { name: 'Points', defaultLang: 'en', translations, virtualCurrencyId: 'points', scale: 0, icon: 'https://example.org/p.png' },
    publishes: true,
  },
  {
    operations: 'rewardRules',
    path: '/reward-rules',
    idMember: 'rewardRuleId',
    body: {
      name: 'Rule',
      ruleType: 'INSTANCE',
      matchEntity: 'Activity',
      matchEntityId: 'commit',
      matchCondition: true,
      applicationMode: 'ALWAYS',
      defaultLang: 'de',
      rewards: [{ virtualCurrencyId: 'points', redemptionMode: 'AUTO', expression: { var: 'event.value' } }],
      translations: [{ lang: 'de', description: 'Worte' }],
    },
    publishes: true,
  },
  {
    operations: 'runtimeLeaderboardConfigurations',
    path: '/runtime-leaderboard-configurations',
    idMember: 'runtimeLeaderboardConfigurationId',
    body: { name: 'Ranking', query: boardQuery('points'), defaultLang: 'en', translations: [{ ...translations[0], scoreLabel: 'Points' }] },
    publishes: false,
  },
]

/** What the others refer to. */
async function furnish() {
  await world.call('POST', '/activities', resources[0]?.body)
  await world.call('POST', '/virtual-currencies', resources[1]?.body)
}

type Resource = (typeof resources)[number]

function expectAnswer({ operations }: Resource, answer: { status: number; body: unknown }, operation: string, status: number): void {
  expect(answer.status, JSON.stringify(answer.body)).toBe(status)
  assertContract('dashboard', `${operations}/${operation}`, status, answer.body)
}

async function create(resource: Resource) {
  const { path, body } = resource
  for (const other of resources.slice(0, 2)) if (other.path !== path) await world.call('POST', other.path, other.body)
  const answer = await world.call('POST', path, body)
  expectAnswer(resource, answer, 'create', 201)
  return answer.body
}

describe.each(resources)('$path', (resource) => {
  const { path, idMember, body, publishes } = resource

  it('is created, read, listed at once, replaced and translated as the contract has it', async () => {
    const made = await create(resource)
    expect(made).toMatchObject({ name: body.name, workspaceId: 'workspace1', accountId: 'account001', sourceRegion: 'eu-west-1' })
    const id = made[idMember]

    const listed = await world.call('GET', `${path}?fields=translations`)
    expectAnswer(resource, listed, 'list', 200)
    expect(listed.body.items.map((item: Record<string, unknown>) => item[idMember])).toEqual([id])
    expect(listed.body.items[0].translations).toHaveLength(body.translations.length)

    const read = await world.call('GET', `${path}/${id}?fields=translations`)
    expectAnswer(resource, read, 'get', 200)
    expect(read.body.translations[0]).toMatchObject({ ...body.translations[0], [idMember]: id, workspaceId: 'workspace1' })

    world.advance(1000)
    const { [idMember]: _id, catalogActivityId: _catalog, ...rest } = { catalogActivityId: '', ...body } as Record<string, unknown>
    const replacement = { ...rest, name: 'Renamed', ...(path === '/activities' && { activityId: id }) }
    const replaced = await world.call('PUT', `${path}/${id}`, replacement)
    expectAnswer(resource, replaced, 'update', 200)
    expect(replaced.body).toMatchObject({ name: 'Renamed', createdAt: made.createdAt, stage: publishes ? 'DRAFT' : 'PUBLISHED' })
    expect(replaced.body.updatedAt > made.updatedAt).toBe(true)
    expect((await world.call('GET', path)).body.items[0].name).toBe('Renamed')

    const translated = await world.call('GET', `${path}/${id}/translations?limit=1`)
    expectAnswer(resource, translated, 'listTranslations', 200)
    expect(translated.body.items).toHaveLength(1)
    expect(Boolean(translated.body.nextToken)).toBe(body.translations.length > 1)
  })

  it('is not found where it is not, and not in another workspace', async () => {
    const { [idMember]: id } = await create(resource)
    const foreign = { workspaceId: 'workspace2' }
    await world.foundWorkspace('workspace2')
    const rest = Object.fromEntries(Object.entries(body).filter(([name]) => name !== idMember || path === '/activities'))
    for (const [at, claims] of [
      [`${path}/none`, {}],
      [`${path}/${id}`, foreign],
    ] as const) {
      const named = at.slice(path.length + 1)
      const probes = [
        await world.call('GET', at, undefined, claims),
        await world.call('GET', `${at}/translations`, undefined, claims),
        await world.call('PUT', at, { ...rest, ...(path === '/activities' && { activityId: named }) }, claims),
        ...(publishes ? [await world.call('POST', `${at}/publish`, undefined, claims)] : []),
      ]
      expect(probes.map(({ status }) => status)).toEqual(probes.map(() => 404))
      expect(new Set(probes.map(({ body }) => body.code))).toEqual(new Set(['resource/not_found']))
    }
    expect((await world.call('GET', path, undefined, foreign)).body.items).toEqual([])
  })

  it('is written by editors and read by viewers', async () => {
    await furnish()
    expect((await world.call('POST', path, body, { role: 'viewer' })).status).toBe(403)
    expect((await world.call('GET', path, undefined, { role: 'viewer' })).status).toBe(200)
    expect((await world.call('GET', path, undefined, { role: 'member' })).status).toBe(403)
  })

  it('refuses a body with every pointer', async () => {
    const answer = await world.call('POST', path, { ...body, name: '', defaultLang: 'en_US' })
    expect(answer.status).toBe(400)
    expect(answer.body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual(['/defaultLang', '/name'])
  })
})

describe.each(resources.filter(({ publishes }) => publishes))('publishing $path', (resource) => {
  it('answers once the isolates have forgotten the rules before, and again alike', async () => {
    const { [resource.idMember]: id } = await create(resource)
    const publish = () => world.call('POST', `${resource.path}/${id}/publish`)
    const published = await publish()
    expectAnswer(resource, published, 'publish', 200)
    expect(published.body.stage).toBe('PUBLISHED')
    expect(world.settled).toHaveLength(1)
    expect((await publish()).body).toEqual(published.body)
  })
})

it('has no publish route for what acts as it is written', async () => {
  expect((await world.call('POST', '/runtime-leaderboard-configurations/ranking/publish')).status).toBe(404)
})

describe('creating', () => {
  it('with an id that is taken is a conflict', async () => {
    await furnish()
    const again = await world.call('POST', '/activities', { ...resources[0]?.body, name: 'Another' })
    expect([again.status, again.body.code]).toEqual([409, 'resource/already_exists'])
  })

  it('twice with one key is one resource and one answer', async () => {
    await furnish()
    const create = () => world.call('POST', '/reward-rules', resources[2]?.body, {}, { 'x-idempotency-key': 'k' })
    const [first, second] = [await create(), await create()]
    expect(second.body).toEqual(first.body)
    expect(second.headers.get('x-idempotency-cache-hit')).toBe('true')
    expect((await world.call('GET', '/reward-rules')).body.items).toHaveLength(1)
  })

  it('succeeds while D1 is down, and says so in the log', async () => {
    const { putResources } = world.services.index
    world.services.index.putResources = async () => {
      throw new Error('D1_ERROR')
    }
    const answer = await world.call('POST', '/activities', resources[0]?.body)
    world.services.index.putResources = putResources
    expect(answer.status).toBe(201)
    expect(world.lines.some((line) => line.includes('dashboard/index_failed') && line.includes('D1_ERROR'))).toBe(true)
  })

  it('refuses a rule whose currency is not there, with its pointer', async () => {
    const answer = await world.call('POST', '/reward-rules', resources[2]?.body)
    expect(answer.body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
      '/matchEntityId',
      '/rewards/0/virtualCurrencyId',
    ])
  })

  it('does not rename: an activity keeps the id of its path', async () => {
    await furnish()
    const answer = await world.call('PUT', '/activities/commit', { ...resources[0]?.body, activityId: 'other' })
    expect([answer.status, answer.body.errors]).toEqual([400, [{ pointer: '/activityId', detail: 'Not the id in the path.' }]])
  })
})

it('pages a list to its end, newest first, with tokens that fit this list only', async () => {
  for (const id of ['a', 'b', 'c', 'd', 'e']) {
    world.advance(1)
    await world.call('POST', '/activities', { ...resources[0]?.body, activityId: id })
  }
  const seen: string[] = []
  let token = ''
  do {
    const page = await world.call('GET', `/activities?limit=2${token === '' ? '' : `&nextToken=${encodeURIComponent(token)}`}`)
    assertContract('dashboard', 'activities/list', 200, page.body)
    seen.push(...page.body.items.map(({ activityId }: { activityId: string }) => activityId))
    if (token === '')
      expect((await world.call('GET', `/virtual-currencies?nextToken=${encodeURIComponent(page.body.nextToken)}`)).status).toBe(400)
    token = page.body.nextToken ?? ''
  } while (token !== '')
  expect(seen).toEqual(['e', 'd', 'c', 'b', 'a'])
})

it('serves the translations of a currency under both spellings', async () => {
  await furnish()
  const [one, other] = [
    await world.call('GET', '/streak-rules/points/translations'),
    await world.call('GET', '/virtual-currencies/points/translations'),
  ]
  expect(one.status).toBe(200)
  expect(other.body).toEqual(one.body)
})

it('describes itself to anyone', async () => {
  const response = await world.app.request('http://laurel.test/dashboard/v1/openapi.json')
  expect(response.status).toBe(200)
  // Whoever asks: a shared cache hands what it got to a page.
  expect(response.headers.get('access-control-allow-origin')).toBe('*')
  expect(Object.keys(((await response.json()) as { paths: object }).paths)).toContain('/reward-rules/{rewardRuleId}/publish')
})
