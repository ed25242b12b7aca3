// The audit trail through the Worker's own doors: what people and machines change is listed with what was before and
// after, exported, and held against the log; nobody else sees it, and nobody can change it.

import { env, exports } from 'cloudflare:workers'
import { nanoid } from 'nanoid'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Trail } from '../../domain/identity.ts'
import { objectStub } from '../../durable-objects/addresses.ts'
import type { RateLimiterRpc } from '../../durable-objects/rate-limiter/rpc.ts'
import { audit } from '../../scripts/audit/audit.ts'
import { pruneIndex, settleAll, throughUsers } from '../../scripts/audit/operator.ts'
import { signToken } from '../../scripts/local/tokens.ts'
import { laurelApp } from '../../workers/app-of.ts'
import { activityBody, log, must, newUser, publishGame } from './support/game.ts'
import { loseStorage, playerAt, workspaceAt } from './support/objects.ts'
import { operatorOf } from './support/scripts.ts'
import { newTenant, operator, type Reply, type Tenant } from './support/tenant.ts'

type Body = Reply['body']

const list = (tenant: Tenant, query = ''): Promise<Body[]> => tenant.admin.all(`/audit-records?limit=7${query}`)

async function listed(tenant: Tenant, query = ''): Promise<Body[]> {
  expect(await settleAll(operatorOf(tenant.workspaceId))).toBe(true)
  return list(tenant, query)
}

/** NDJSON is no JSON, so it is fetched by hand. */
async function exported({ workspaceId }: Tenant, query = ''): Promise<{ type: string | null; records: Body[] }> {
  const { TEST_ISSUER, TEST_SIGNING_KEY } = env as unknown as Record<string, string>
  const by = { baseUrl: TEST_ISSUER ?? '', signing: JSON.parse(TEST_SIGNING_KEY ?? ''), operatorKey: '' }
  const token = await signToken(by, workspaceId, { workspace: workspaceId, user: 'owner', context: 'dashboard', role: 'owner' })
  const url = `http://laurel.test/dashboard/v1/audit-records/export${query}`
  const response = await exports.default.fetch(url, { headers: { authorization: `Bearer ${token}` } })
  const text = await response.text()
  expect(text === '' || text.endsWith('\n')).toBe(true)
  const records = text.split('\n').slice(0, -1)
  return { type: response.headers.get('content-type'), records: records.map((line) => JSON.parse(line)) }
}

test('that an admin lifted what a rule throttled is listed, once, before it is lifted', async () => {
  const tenant = await newTenant()
  const principal = `user:${await newUser(tenant)}`
  const limiter = objectStub<RateLimiterRpc>(env.RATE_LIMITER, `${tenant.workspaceId}:${principal}`, env.JURISDICTION)
  const limit = { quota: 1, windowSeconds: 3600 }
  const suspect = { refusals: 1, withinSeconds: 60, limit, forSeconds: 600 }
  const request = { limit, suspect, lease: 0, revocable: false, used: [], settled: [], refused: 1 }
  expect((await limiter.take({ ...request, leaseId: nanoid() })).throttled).toBeDefined()
  const path = `/throttles/${principal}`
  const key = { 'x-idempotency-key': 'lift' }
  expect(await must(tenant.admin.get(path))).toMatchObject({ principal, quota: 1 })
  for (let i = 0; i < 2; i++) expect(await must(tenant.admin.call('DELETE', path, undefined, key))).toEqual({ principal, deleted: true })
  expect((await tenant.admin.get(path)).status).toBe(404)
  expect((await tenant.admin.call('DELETE', path, undefined, { 'x-idempotency-key': 'again' })).status).toBe(404)
  const of = (await listed(tenant)).filter(({ entity }) => entity.kind === 'throttle')
  expect(of.map(({ entity, operation, outcome }) => [entity.id, operation, outcome])).toEqual([
    [principal, 'throttles/delete', 'resource/not_found'],
    [principal, 'throttles/delete', 'done'],
  ])
}, 60_000)

describe('a workspace in which things change', () => {
  let tenant: Tenant
  let other: Tenant
  let userId: string
  let all: Body[]
  const of = (kind: string, id: string): Body[] => all.filter(({ entity }) => entity.kind === kind && entity.id === id).reverse()

  beforeAll(async () => {
    tenant = await newTenant()
    other = await newTenant()
    await publishGame(tenant)
    const { admin, workspaceId } = tenant
    userId = await newUser(tenant, { externalId: 'before' })
    await must(admin.call('PATCH', `/users/${userId}`, { nickname: 'Ada' }, { 'x-user-id': userId }))
    await must(admin.call('PATCH', `/users/${userId}`, { externalId: 'after' }))
    await must(log(tenant, userId, { value: 4 }))
    await must(log(tenant, userId, { value: 2.5 }))
    const known = await must(operator.get(`/workspaces/${workspaceId}/audit`))
    expect(known.differences).toEqual([])
    const { accountId, name, slug } = (await must(admin.get('/workspace'))) as Record<string, string>
    await must(operator.call('PUT', `/workspaces/${workspaceId}`, { accountId, name, slug, settings: { strict: true } }))
    await must(admin.call('PUT', '/activities/walk', { ...activityBody('walk'), name: 'Stroll' }))
    // With a key, since the same request within five minutes would be taken for a repeat.
    await must(admin.post('/activities/walk/publish', {}, { 'x-idempotency-key': 'again' }))
    await admin.call('POST', '/activities/none/publish', {}, { 'x-idempotency-key': 'refused' })
    await must(admin.call('DELETE', `/users/${userId}`))
    all = await listed(tenant)
  }, 60_000)

  test('a change of a user by a machine for a user says both, from where, and the whole of before and after', () => {
    const [made, renamed, moved, gone, ...more] = of('user', userId)
    expect(more).toEqual([])
    expect(made).toMatchObject({ operation: 'users/create', before: null, after: { userId, externalId: 'before' }, aboutUserId: userId })
    expect(renamed).toMatchObject({
      workspaceId: tenant.workspaceId,
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      who: { subject: expect.any(String), platform: 'm2m' },
      forUserId: userId,
      operation: 'users/update',
      requestId: expect.any(String),
      from: { address: expect.any(String) },
      before: { nickname: made?.after.nickname },
      after: { nickname: 'Ada' },
      outcome: 'done',
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    expect(moved).toMatchObject({ before: { externalId: 'before' }, after: { externalId: 'after', nickname: 'Ada' } })
    expect(gone).toMatchObject({ operation: 'users/delete', before: { externalId: 'after', nickname: 'Ada' }, after: null })
  })

  test('a change that two logs know is listed once, and names the decision behind it', async () => {
    const [made, renamed, moved, gone] = of('user', userId)
    for (const record of [made, renamed, moved, gone]) {
      const cause = await must(tenant.admin.get(`/audit-records/${encodeURIComponent(record.causedBy)}`))
      expect(cause).toMatchObject({ entity: record.entity, requestId: record.requestId, who: record.who, operation: record.operation })
      expect(all.some(({ auditRecordId }) => auditRecordId === record.causedBy)).toBe(false)
    }
  })

  test('settings, drafts, publishing and a kept refusal are listed', () => {
    expect(of('workspace', tenant.workspaceId)).toMatchObject([
      { who: { subject: 'operator', platform: 'system' }, before: null, after: { workspaceId: tenant.workspaceId } },
      { before: { settings: { strict: false } }, after: { settings: { strict: true } } },
    ])
    expect(of('activity', 'walk')).toMatchObject([
      { operation: 'activities/create', before: null, after: { stage: 'DRAFT' } },
      { operation: 'activities/publish', before: { stage: 'DRAFT' }, after: { stage: 'PUBLISHED' } },
      {
        operation: 'activities/update',
        before: { body: { name: 'Walk' } },
        after: { body: { name: 'Stroll' }, published: { name: 'Walk' } },
      },
      { operation: 'activities/publish', before: { published: { name: 'Walk' } }, after: { published: { name: 'Stroll' } } },
    ])
    expect(of('activity', 'none')).toMatchObject([{ outcome: 'resource/not_found' }])
    expect(of('activity', 'none')[0]).not.toHaveProperty('after')
  })

  test('newest is first, pages are stable, and filters find', async () => {
    const names = (records: Body[]) => records.map(({ auditRecordId }) => auditRecordId)
    expect(new Set(names(all)).size).toBe(all.length)
    expect([...all].sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0))).toEqual(all)
    expect(names(await list(tenant, '&order=asc'))).toEqual(names(all).reverse())
    expect(await list(tenant, `&userId=${userId}&entity=user`)).toEqual([...of('user', userId)].reverse())
    expect(names(await list(tenant, '&operation=activities/publish&entityId=walk'))).toHaveLength(2)
    const subject = encodeURIComponent('operator')
    expect((await list(tenant, `&subject=${subject}`)).map(({ who }) => who.subject)).toEqual(['operator', 'operator'])
    const { at } = of('user', userId)[1]
    const since = await list(tenant, `&from=${at}`)
    const until = await list(tenant, `&to=${at}`)
    expect(names([...since, ...until])).toEqual(names(all))
    expect((await tenant.admin.get('/audit-records?from=yesterday')).body.errors).toMatchObject([{ parameter: 'from' }])
  })

  test('an export is the list, oldest first', async () => {
    const { type, records } = await exported(tenant)
    expect(type).toBe('application/x-ndjson')
    expect(records).toEqual([...all].reverse())
    const { at } = of('user', userId)[1]
    expect((await exported(tenant, `?to=${at}`)).records).toEqual((await list(tenant, `&to=${at}`)).reverse())
  })

  test('a record by its id is the one listed, also when its object has lost its storage', async () => {
    await loseStorage(workspaceAt(tenant.workspaceId))
    await loseStorage(playerAt(tenant.workspaceId, userId))
    for (const record of all)
      expect(await must(tenant.admin.get(`/audit-records/${encodeURIComponent(record.auditRecordId)}`))).toEqual(record)
  })

  test('the user’s own list has every commit, of a deleted user too, and what events did to balances', async () => {
    const own = await tenant.admin.all(`/users/${userId}/audit-trail?limit=2&order=asc`)
    expect(own.filter(({ entity }) => entity.kind === 'user')).toEqual(of('user', userId))
    const balance = (amount: number) => [{ virtualCurrencyId: 'points', amount, availableAmount: amount }]
    expect(own.filter(({ entity }) => entity.kind === 'activity-log')).toMatchObject([
      { operation: 'activityLogs/create', before: { balances: balance(0) }, after: { balances: balance(4), lines: [{ amount: 4 }] } },
      { before: { balances: balance(4) }, after: { balances: balance(6.5), event: { value: 2.5 } } },
    ])
    expect(all.some(({ entity }) => entity.kind === 'activity-log')).toBe(false)
    expect((await tenant.admin.get('/users/nobody/audit-trail')).status).toBe(404)
  })

  test('another workspace sees nothing of it', async () => {
    expect((await listed(other)).map(({ entity }) => entity)).toEqual([{ kind: 'workspace', id: other.workspaceId }])
    expect((await exported(other)).records).toHaveLength(1)
    for (const { auditRecordId } of all)
      expect((await other.admin.get(`/audit-records/${encodeURIComponent(auditRecordId)}`)).status).toBe(404)
    expect((await other.admin.get(`/users/${userId}/audit-trail`)).status).toBe(404)
  })

  test('is for admins and owners', async () => {
    for (const role of ['viewer', 'editor', 'manager'] as const) {
      const client = await tenant.client({ user: 'machine', platform: 'm2m', context: 'dashboard', role })
      for (const path of ['/audit-records', '/audit-records/export', '/audit-records/user:x:1.1', `/users/${userId}/audit-trail`])
        expect((await client.get(path)).status).toBe(403)
    }
  })

  test('verify finds a row that was altered, removed or added, and a rebuild mends it', async () => {
    const from = operatorOf(tenant.workspaceId)
    expect((await audit(from)).differences).toEqual([])
    const [altered, removed] = of('user', userId).map(({ auditRecordId }) => auditRecordId)
    const where = 'WHERE workspace_id = ? AND audit_record_id = ?'
    const run = (statement: string, id: string) => env.INDEX.prepare(`${statement} ${where}`).bind(tenant.workspaceId, id).run()
    await run("UPDATE audit_records SET row = json_set(row, '$.who.subject', 'somebody else')", altered)
    const ghost = `INSERT INTO audit_records SELECT workspace_id, 'user:ghost:1.1', incarnation, sequence, at_ms, subject, user_id,
      about_user_id, entity_kind, entity_id, operation, indexed_at_ms, row FROM audit_records`
    await run(ghost, removed)
    await run('DELETE FROM audit_records', removed)
    const beforeMs = Date.now() + 1
    const found = await audit(from)
    expect(found.differences.sort()).toEqual(
      [
        `index, audit-record ${altered}: differs from the record`,
        `index, audit-record ${removed}: missing`,
        'index, audit-record user:ghost:1.1: is not in the record',
      ].sort(),
    )
    await pruneIndex(from, 'audit-record', found.rightRows.get('audit-record') ?? [], beforeMs, 3)
    await from.post('/republish')
    await throughUsers(from, '/republish/users', () => {})
    expect(await listed(tenant)).toEqual(all)
    expect((await audit(from)).differences).toEqual([])
  })
})

test('what a dead request left for the queue is told of whoever asked for it', async () => {
  const tenant = await newTenant()
  const { workspaceId } = tenant
  const profile = { userId: nanoid(), principalId: 'p', accountId: 'account001', workspaceId, createdAtMs: 1, updatedAtMs: 1 }
  const trail: Trail = { subject: 'importer', platform: 'm2m', requestId: 'the-first', operation: 'users/create' }
  const command = { kind: 'user.create' as const, profile: { ...profile, principal: { sub: 'p', email: 'a@example.org' } } }
  await env.WORKSPACE.get(env.WORKSPACE.idFromName(workspaceId)).execute(workspaceId, [{ command, trail }])
  await expect
    .poll(() => listed(tenant, `&userId=${profile.userId}`), { timeout: 20_000, interval: 100 })
    .toMatchObject([{ who: { subject: 'importer', platform: 'm2m' }, requestId: 'the-first', operation: 'users/create', before: null }])
})

test('no route of a workspace changes or removes an audit record', () => {
  const { edge } = laurelApp({ services: {}, log: () => {} } as unknown as Parameters<typeof laurelApp>[0])
  const touching = edge.routes.filter(({ fullPath }) => fullPath.includes('audit'))
  expect(touching.map(({ method, fullPath }) => `${method} ${fullPath}`).sort()).toEqual([
    'GET /dashboard/v1/audit-records',
    'GET /dashboard/v1/audit-records/:auditRecordId',
    'GET /dashboard/v1/audit-records/export',
    'GET /dashboard/v1/users/:userId/audit-trail',
    'GET /platform/v1/workspaces/:workspaceId/audit',
    'GET /platform/v1/workspaces/:workspaceId/audit/boards/:seriesId/:periodId',
    'GET /platform/v1/workspaces/:workspaceId/audit/index/:kind',
    'GET /platform/v1/workspaces/:workspaceId/audit/users',
  ])
  const kind = { kind: 'audit-record' }
  // The operator's rebuild takes rows out of the list, which is derived; the records are in the logs.
  const naming = edge.routes.filter(
    ({ params }) =>
      params?.safeParse({ workspaceId: 'workspace1', ...kind }).success && JSON.stringify(params.toJSONSchema()).includes('audit-record'),
  )
  expect(naming.map(({ method, fullPath }) => `${method} ${fullPath}`).sort()).toEqual([
    'GET /platform/v1/workspaces/:workspaceId/audit/index/:kind',
    'POST /platform/v1/workspaces/:workspaceId/index/:kind/prune',
  ])
})
