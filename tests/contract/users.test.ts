// Users, the workspace and leaderboards of the dashboard over HTTP, each answer held against the contract.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { boardQuery } from '../../domain/boards/board-query.ts'
import { userCommandEventId } from '../../domain/workspace/user-command.ts'
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

const machine = { platform: 'm2m', scope: 'dashboard/read dashboard/write' } as const
const ada = { email: 'ada@example.org', nickname: 'Ada', externalId: 'ext-ada', lang: 'en', timezone: 'Europe/Zurich', firstName: 'Ada' }

async function expectAnswer(operation: string, status: number, call: Promise<Awaited<ReturnType<DashboardWorld['call']>>>) {
  const answer = await call
  expect(answer.status, JSON.stringify(answer.body)).toBe(status)
  if (status < 300) assertContract('dashboard', operation, status, answer.body)
  return answer.body
}

describe('users', () => {
  it('are created, found in every way, listed at once, changed and deleted', async () => {
    const { userId, principalId } = await expectAnswer('users/create', 201, world.call('POST', '/users', ada))
    expect(world.playerAt({ workspaceId: 'workspace1', userId }).tables.profile()).toMatchObject({
      nickname: 'Ada',
      principal: { email: ada.email },
    })

    const read = await expectAnswer('users/get', 200, world.call('GET', `/users/${userId}?fields=tags,principal,stats,learningGroupLogs`))
    expect(read).toMatchObject({ userId, externalId: 'ext-ada', principal: { principalId, email: ada.email, firstName: 'Ada' }, tags: [] })
    expect(await expectAnswer('users/getByExternalId', 200, world.call('GET', '/users/by-external-id/ext-ada'))).toMatchObject({ userId })
    const listed = await expectAnswer('users/list', 200, world.call('GET', '/users?fields=principal'))
    expect(listed.items).toMatchObject([{ userId, principal: { email: ada.email } }])

    world.advance(1000)
    expect(await expectAnswer('users/update', 200, world.call('PATCH', `/users/${userId}`, { nickname: 'Ada L.' }))).toMatchObject({
      nickname: 'Ada L.',
    })
    expect((await world.call('GET', '/users')).body.items[0].nickname).toBe('Ada L.')
    await expectAnswer('users/update', 200, world.call('PATCH', `/users/${userId}`, { externalId: 'moved' }))
    await expectAnswer('', 404, world.call('GET', '/users/by-external-id/ext-ada'))
    expect(await expectAnswer('users/getByExternalId', 200, world.call('GET', '/users/by-external-id/moved'))).toMatchObject({
      userId,
      nickname: 'Ada L.',
    })

    expect(await expectAnswer('users/delete', 200, world.call('DELETE', `/users/${userId}`))).toEqual({ userId, deleted: true })
    for (const path of [`/users/${userId}`, '/users/by-external-id/moved']) await expectAnswer('', 404, world.call('GET', path))
    await expectAnswer('', 404, world.call('DELETE', `/users/${userId}`))
    await expectAnswer('', 404, world.call('PATCH', `/users/${userId}`, { nickname: 'Gone' }))
    expect((await world.call('GET', '/users')).body.items).toEqual([])
  })

  it('have any zone and language that devices report, shown as the contract spells them where it does', async () => {
    const { userId } = await expectAnswer(
      'users/create',
      201,
      world.call('POST', '/users', { ...ada, timezone: 'Asia/Calcutta', lang: 'EN' }),
    )
    const read = () => world.call('GET', `/users/${userId}`)
    expect(await expectAnswer('users/get', 200, read())).toMatchObject({ timezone: 'Asia/Kolkata', lang: 'en' })
    await expectAnswer('users/update', 200, world.call('PATCH', `/users/${userId}`, { timezone: 'GMT' }))
    expect(await expectAnswer('users/get', 200, read())).toMatchObject({ timezone: 'UTC' })
    // What the contract has no name for is shown all the same.
    expect((await world.call('PATCH', `/users/${userId}`, { timezone: 'etc/gmt+5', lang: 'pt-br' })).status).toBe(200)
    expect((await read()).body).toMatchObject({ timezone: 'Etc/GMT+5', lang: 'pt-BR' })
    const refused = await world.call('PATCH', `/users/${userId}`, { timezone: 'PST', lang: 'en_US' })
    expect(refused.body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual(['/lang', '/timezone'])
  })

  it('carry out the command under the event id that the outbox would use', async () => {
    const { userId } = await expectAnswer('users/create', 201, world.call('POST', '/users', ada))
    const { log } = world.playerAt({ workspaceId: 'workspace1', userId })
    const [first] = log.commits
    if (!first) throw new Error('the user has no commit')
    const trail = { subject: 'outbox', platform: 'system', requestId: 'r' } as const
    const [reply] = await log.execute([{ command: first.command, eventId: userCommandEventId({ incarnation: 1, sequence: 2 }), trail }])
    expect(reply).toMatchObject({ ok: true, replayed: true })
    expect(log.commits).toHaveLength(1)
  })

  it('are made by whoever asks next, when the request that claimed them died', async () => {
    world.unreachable.add('*')
    await expectAnswer('', 503, world.call('POST', '/users', ada, {}, { 'x-idempotency-key': 'once' }))
    const waiting = await world.call('GET', '/users/by-external-id/ext-ada')
    expect([waiting.status, waiting.headers.get('retry-after')]).toEqual([503, '1'])
    world.unreachable.clear()
    const found = await expectAnswer('users/getByExternalId', 200, world.call('GET', '/users/by-external-id/ext-ada'))
    const retried = await expectAnswer('users/create', 201, world.call('POST', '/users', ada, {}, { 'x-idempotency-key': 'once' }))
    expect(retried.userId).toBe(found.userId)
    expect(world.playerAt({ workspaceId: 'workspace1', userId: found.userId }).log.commits).toHaveLength(1)
  })

  it('end as the workspace decided last, when the requests before it died on their way', async () => {
    const { userId } = await expectAnswer('users/create', 201, world.call('POST', '/users', ada))
    const move = (externalId: string, more = {}) => world.call('PATCH', `/users/${userId}`, { externalId, ...more })
    world.unreachable.add(userId)
    await expectAnswer('', 503, move('first', { nickname: 'First' }))
    await expectAnswer('', 503, move('second'))
    world.unreachable.clear()
    expect(await expectAnswer('users/update', 200, move('third'))).toMatchObject({ externalId: 'third', nickname: 'First' })
    // What the outbox brings after it changes nothing any more.
    const { log, tables } = world.playerAt({ workspaceId: 'workspace1', userId })
    const commands = await world.services.workspace('workspace1').userCommands('workspace1', userId)
    if (!commands.ok) throw new Error('no commands')
    for (const { eventId, command } of [...commands.value].reverse())
      await log.execute([{ command, eventId, trail: { subject: 'outbox', platform: 'system', requestId: 'r' } }])
    expect(tables.profile()).toMatchObject({ externalId: 'third', nickname: 'First' })
    expect(log.commits).toHaveLength(4)
  })

  it('twice with one key are one user', async () => {
    const create = () => world.call('POST', '/users', ada, {}, { 'x-idempotency-key': 'once' })
    const [first, second] = [await create(), await create()]
    expect(second.body).toEqual(first.body)
    expect((await world.call('GET', '/users')).body.items).toHaveLength(1)
  })

  it('have an external id that no other has', async () => {
    await world.call('POST', '/users', ada)
    const second = await world.call('POST', '/users', { email: 'b@example.org', externalId: 'ext-ada' })
    expect([second.status, second.body.code, second.body.errors[0].pointer]).toEqual([409, 'resource/already_exists', '/externalId'])
    const { body } = await world.call('POST', '/users', { email: 'b@example.org' })
    expect((await world.call('PATCH', `/users/${body.userId}`, { externalId: 'ext-ada' })).status).toBe(409)
  })

  it('may be named by a machine as they are named already, not by a person', async () => {
    const bot = { email: 'bot@example.org', nickname: 'dependabot[bot]' }
    expect((await world.call('POST', '/users', bot)).body.errors[0].pointer).toBe('/nickname')
    expect(await expectAnswer('users/create', 201, world.call('POST', '/users', bot, machine))).toMatchObject({
      nickname: 'dependabot[bot]',
    })
  })

  it('of another workspace are as absent as those that never were', async () => {
    const { body } = await world.call('POST', '/users', ada)
    await world.foundWorkspace('workspace2')
    const foreign = { workspaceId: 'workspace2' }
    for (const path of [`/users/${body.userId}`, '/users/none', '/users/%00', '/users/by-external-id/ext-ada'])
      await expectAnswer('', 404, world.call('GET', path, undefined, foreign))
    await expectAnswer('', 404, world.call('DELETE', `/users/${body.userId}`, undefined, foreign))
    await expectAnswer('', 404, world.call('PATCH', `/users/${body.userId}`, { externalId: 'x' }, foreign))
    expect((await world.call('GET', '/users', undefined, foreign)).body.items).toEqual([])
  })

  it('are written by managers', async () => {
    expect((await world.call('POST', '/users', ada, { role: 'editor' })).status).toBe(403)
    expect((await world.call('POST', '/users', ada, { role: 'manager' })).status).toBe(201)
  })

  it('see themselves', async () => {
    const { body } = await world.call('POST', '/users', ada)
    const self = { userId: body.userId, role: 'viewer' } as const
    expect(await expectAnswer('users/getMe', 200, world.call('GET', '/users/me?fields=principal', undefined, self))).toMatchObject({
      userId: body.userId,
    })
    const principal = await expectAnswer('users/me/principal/get', 200, world.call('GET', '/users/me/principal', undefined, self))
    expect(principal).toMatchObject({ email: ada.email, principalId: body.principalId })
  })
})

it('shows the workspace of the token', async () => {
  const workspace = await expectAnswer('workspace/get', 200, world.call('GET', '/workspace', undefined, { role: 'viewer' }))
  expect(workspace).toMatchObject({ workspaceId: 'workspace1', accountId: 'account001', plan: 'STANDARD' })
  expect(workspace.settings).toBeUndefined()
})

describe('runtime leaderboards', () => {
  const translations = [{ lang: 'en', label: 'Label' }]
  const monthly = {
    runtimeLeaderboardConfigurationId: 'ranking',
    timeframeType: 'RECURRING',
    recurrence: 'MONTHLY',
    timeframeTimezoneType: 'FIXED',
    timeframeStartsAt: '2026-09-10T00:00:00Z',
  }
  beforeEach(async () => {
    await world.call('POST', '/virtual-currencies', { name: 'Points', defaultLang: 'en', translations, virtualCurrencyId: 'points' })
    const ranking = {
      name: 'R',
      query: boardQuery('points'),
      defaultLang: 'en',
      translations,
      runtimeLeaderboardConfigurationId: 'ranking',
    }
    await world.call('POST', '/runtime-leaderboard-configurations', ranking)
  })

  it('are answered as the first board, open and listed at once by state', async () => {
    const made = await expectAnswer('runtimeLeaderboards/create', 201, world.call('POST', '/runtime-leaderboards', monthly))
    expect(made).toMatchObject({
      periodId: '2026-09',
      timeframeStartsAt: '2026-09-10T00:00:00.000Z',
      timeframeEndsAt: '2026-10-01T00:00:00.000Z',
      timeframeTimezone: 'UTC',
      state: 'ENDED',
      lateEventsFor: 'PT48H',
    })
    expect(world.settled).toHaveLength(1)
    expect(world.opened.map(({ periodId }) => periodId).sort()).toEqual(['2026-09', '2026-11'])
    const listed = await expectAnswer('runtimeLeaderboards/list', 200, world.call('GET', '/runtime-leaderboards?state=ENDED'))
    expect(listed.items).toEqual([made])
    expect(
      await expectAnswer('runtimeLeaderboards/get', 200, world.call('GET', `/runtime-leaderboards/${made.runtimeLeaderboardId}`)),
    ).toEqual(made)
    const active = await world.call('GET', '/runtime-leaderboards?state=ACTIVE')
    expect(active.body.items.map(({ periodId }: { periodId: string }) => periodId)).toEqual(['2026-11'])
  })

  it('are made from a configuration too, which answers 200', async () => {
    const { runtimeLeaderboardConfigurationId: _id, ...instance } = monthly
    const path = '/runtime-leaderboard-configurations/ranking/instances'
    const made = await expectAnswer(
      'runtimeLeaderboardConfigurations/createInstance',
      200,
      world.call('POST', path, { ...instance, lateEventsFor: null }),
    )
    expect(made).toMatchObject({ runtimeLeaderboardConfigurationId: 'ranking', lateEventsFor: null })
    await expectAnswer('', 404, world.call('POST', path.replace('ranking', 'none'), instance))
  })

  it('are changed until they start, and not after', async () => {
    const pending = { ...monthly, timeframeStartsAt: '2026-12-05T00:00:00Z' }
    const { runtimeLeaderboardId: id } = (await world.call('POST', '/runtime-leaderboards', pending)).body
    world.advance(1)
    const change = { timeframeType: 'PERMANENT', timeframeStartsAt: '2026-12-24T00:00:00Z' }
    const changed = await expectAnswer('runtimeLeaderboards/update', 200, world.call('PATCH', `/runtime-leaderboards/${id}`, change))
    expect(changed).toMatchObject({
      runtimeLeaderboardId: id,
      periodId: 'PERMANENT',
      state: 'PENDING',
      timeframeStartsAt: '2026-12-24T00:00:00.000Z',
    })
    expect(changed.recurrence).toBeUndefined()
    expect((await world.call('GET', '/runtime-leaderboards')).body.items).toEqual([changed])
    world.advance(60 * 86_400_000)
    const late = await world.call('PATCH', `/runtime-leaderboards/${id}`, { timeframeType: 'RECURRING', recurrence: 'MONTHLY' })
    expect([late.status, late.body.code]).toEqual([400, 'business/invalid_operation'])
    await expectAnswer('', 404, world.call('PATCH', '/runtime-leaderboards/none', {}))
  })

  it.each([
    ['a range', { timeframeType: 'RANGE', recurrence: undefined }, '/timeframeType'],
    ['days', { recurrence: 'DAILY' }, '/recurrence'],
    ['no start', { timeframeStartsAt: undefined }, '/timeframeStartsAt'],
    ['an unknown configuration', { runtimeLeaderboardConfigurationId: 'none' }, '/runtimeLeaderboardConfigurationId'],
  ])('refuse %s with a pointer', async (_, change, pointer) => {
    const answer = await world.call('POST', '/runtime-leaderboards', { ...monthly, ...change })
    expect([answer.status, answer.body.errors[0].pointer]).toEqual([400, pointer])
  })
})
