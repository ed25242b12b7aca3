// Names that somebody made up: whoever asks for them, and however often, leaves nothing behind. Asked of the real objects,
// whose tables are counted.

import { runInDurableObject } from 'cloudflare:test'
import { env, exports } from 'cloudflare:workers'
import { nanoid } from 'nanoid'
import { beforeAll, describe, expect, test } from 'vitest'
import { localAccountId } from '../../scripts/local/tokens.ts'
import { must, newUser, publishGame } from './support/game.ts'
import { playerAt, workspaceAt } from './support/objects.ts'
import { newTenant, type Tenant } from './support/tenant.ts'

let tenant: Tenant
beforeAll(async () => {
  tenant = await newTenant()
  await publishGame(tenant)
})

const tablesOf = (stub: DurableObjectStub): Promise<string[]> =>
  runInDurableObject(stub, (_, { storage }) =>
    storage.sql
      .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'")
      .toArray()
      .map(({ name }) => name),
  )

const post = async (path: string, type: string, body: string): Promise<number> => {
  const response = await exports.default.fetch(`http://laurel.test${path}`, { method: 'POST', headers: { 'content-type': type }, body })
  await response.arrayBuffer()
  return response.status
}

const documentOf = (workspaceId: string) => ({
  workspaceId,
  accountId: localAccountId,
  name: 'Made meanwhile',
  slug: `w-${workspaceId.toLowerCase().replaceAll(/[^a-z0-9]/g, '0')}-w`,
  plan: 'STANDARD' as const,
  type: 'CUSTOM' as const,
  settings: { strict: false, derivedIdempotency: true },
  createdAtMs: 0,
  updatedAtMs: 0,
})

describe('an invented workspace', () => {
  test('that a client id names', async () => {
    const workspaceId = nanoid(10).replaceAll(/[^A-Za-z0-9]/g, 'x')
    const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: `${workspaceId}.abcdefghij`, client_secret: 'x' })
    expect(await post('/oauth2/token', 'application/x-www-form-urlencoded', form.toString())).toBe(401)
    expect(await tablesOf(workspaceAt(workspaceId))).toEqual([])
  })

  test('that a sign-in names', async () => {
    const workspaceId = nanoid(10).replaceAll(/[^A-Za-z0-9]/g, 'x')
    const body = JSON.stringify({ workspaceId, email: 'ada@example.org' })
    expect(await post('/auth/v1/email-codes', 'application/json', body)).toBe(202)
    expect(await tablesOf(workspaceAt(workspaceId))).toEqual([])
  })

  test('whatever is asked of its object', async () => {
    const workspaceId = nanoid(10)
    const stub = env.WORKSPACE.get(env.WORKSPACE.idFromName(workspaceId))
    const trail = { subject: 'test', platform: 'system', requestId: 'r' } as const
    expect(await stub.edge(workspaceId)).toMatchObject({ ok: false, error: { code: 'resource/not_found' } })
    expect(await stub.inspect(workspaceId)).toMatchObject({ ok: false, error: { code: 'resource/not_found' } })
    expect(await stub.republish(workspaceId)).toMatchObject({ ok: false })
    await stub.confirm(workspaceId, [{ id: 'x', sequence: 1 }])
    const replies = await stub.execute(workspaceId, [{ command: { kind: 'workspace.plan', plan: 'PREMIUM' }, trail }])
    expect(replies).toMatchObject([{ ok: false, error: { code: 'resource/not_found' } }])
    expect(await tablesOf(workspaceAt(workspaceId))).toEqual([])
  })

  test('is found by everyone once it was made', async () => {
    const workspaceId = nanoid(10)
    const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: `${workspaceId}.abcdefghij`, client_secret: 'x' })
    await post('/oauth2/token', 'application/x-www-form-urlencoded', form.toString())
    const made = await newTenant(undefined, workspaceId)
    expect((await made.admin.get('/workspace')).status).toBe(200)
    expect(await tablesOf(workspaceAt(workspaceId))).toContain('commits')
  })
})

test('a workspace that is made while others ask for it is there afterwards', async () => {
  const workspaceId = nanoid(10)
  const stub = workspaceAt(workspaceId)
  let open = () => {}
  const closed = new Promise<void>((resolve) => {
    open = resolve
  })
  let questions = 0
  // R2 answers the first question only when it is let.
  await runInDurableObject(stub, (instance) => {
    const object = instance as unknown as { env: Env }
    const bucket = object.env.BYTES
    const slow = new Proxy(bucket, {
      get(target, name) {
        const member = Reflect.get(target, name, target) as unknown
        if (typeof member !== 'function') return member
        if (name !== 'list') return member.bind(target)
        return async (...given: unknown[]) => {
          const listed = await member.apply(target, given)
          questions += 1
          if (questions === 1) await closed
          return listed
        }
      },
    })
    object.env = Object.assign(Object.create(object.env), { BYTES: slow })
  })
  const rpc = env.WORKSPACE.get(env.WORKSPACE.idFromName(workspaceId))
  const early = rpc.document(workspaceId)
  await expect.poll(() => questions).toBe(1)
  const trail = { subject: 'test', platform: 'system', requestId: 'r' } as const
  const made = await rpc.execute(workspaceId, [{ command: { kind: 'workspace.create', workspace: documentOf(workspaceId) }, trail }])
  expect(made).toMatchObject([{ ok: true, at: { incarnation: 1, sequence: 1 } }])
  await runInDurableObject(stub, () => open())
  // R2 had said that there is none; what was made since answers.
  expect(await early).toMatchObject({ ok: true, value: { workspaceId } })
  expect(await rpc.document(workspaceId)).toMatchObject({ ok: true, value: { workspaceId } })
  expect(await tablesOf(stub)).toContain('commits')
})

describe('an invented user', () => {
  test('that a machine names', async () => {
    const userId = nanoid()
    const named = { 'x-user-id': userId }
    for (const path of ['/users/me', '/virtual-balances', '/virtual-transactions'])
      expect((await tenant.machine.get(path, named)).status, path).toBe(404)
    const event = { activityId: 'walk', value: 1 }
    expect((await tenant.machine.post('/activity-logs', event, named)).status).toBeGreaterThanOrEqual(400)
    expect(await tablesOf(playerAt(tenant.workspaceId, userId))).toEqual([])
  })

  test('is one of many: a real one has its tables', async () => {
    const userId = await newUser(tenant)
    await must(tenant.machine.get('/users/me', { 'x-user-id': userId }))
    expect(await tablesOf(playerAt(tenant.workspaceId, userId))).toContain('commits')
  })
})
