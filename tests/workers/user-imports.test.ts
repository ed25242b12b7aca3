// People made users before they come, from CSV, over HTTP, in workerd and with the record in two real regions.

import { beforeAll, describe, expect, test } from 'vitest'
import { ObjectUnavailable } from '../../workers/edge/object-unavailable.ts'
import { must } from './support/game.ts'
import { auditOf } from './support/objects.ts'
import { claimsOf, newAddress, signInWorld } from './support/sign-in.ts'
import { newTenant, operator, type Tenant } from './support/tenant.ts'

const world = signInWorld()
let tenant: Tenant
beforeAll(async () => {
  tenant = await newTenant({ derivedIdempotency: false })
  const put = { accountId: 'local00000', name: 'Closed', slug: `i-${tenant.workspaceId.toLowerCase().replaceAll(/[^a-z0-9]/g, '0')}-i` }
  await must(operator.call('PUT', `/workspaces/${tenant.workspaceId}`, { ...put, settings: { provisioning: 'preprovisioned' } }))
})

async function tokenOf(role: 'manager' | 'admin' | 'owner'): Promise<string> {
  const email = newAddress()
  await must(operator.call('PUT', `/workspaces/${tenant.workspaceId}/users/${email.slice(0, 21)}`, { email, role }))
  return (await world.signIn(tenant.workspaceId, email, { context: 'dashboard' })).access_token
}

let admin: Promise<string> | undefined
async function send(csv: string, { dryRun = false, token, key }: { dryRun?: boolean; token?: string; key?: string } = {}) {
  admin ??= tokenOf('admin')
  const path = `/dashboard/v1/user-imports?dryRun=${dryRun}`
  const headers: Record<string, string> = key ? { 'x-idempotency-key': key } : {}
  return world.ask('POST', path, { body: csv, type: 'text/csv; charset=utf-8', token: token ?? (await admin), headers })
}
const outcomes = ({ body }: { body: { items: { row: number; outcome: string }[] } }) =>
  body.items.map(({ row, outcome }) => `${row} ${outcome}`)
const usersBefore = async () => (await must(operator.get(`/workspaces/${tenant.workspaceId}/audit`))).users as number | undefined

describe('a file', () => {
  const rows = (emails: string[]) =>
    `email,userId,externalId,nickname,firstName,lastName,lang,timezone,role\r\n${emails
      .map((email, i) => `${email},,ext-${email},Nick ${i},Ada,Lovelace,en,Europe/Dublin,${i === 0 ? 'editor' : ''}`)
      .join('\r\n')}\r\n`

  test('makes people, who can then sign in, and is no more than told in a dry run', async () => {
    const emails = [newAddress(), newAddress(), newAddress()]
    const dry = await send(rows(emails), { dryRun: true })
    expect(dry).toMatchObject({ status: 200, body: { dryRun: true, create: 3, unchanged: 0, conflict: 0, invalid: 0 } })
    const before = world.mails.length
    await world.request(tenant.workspaceId, emails[1] ?? '')
    expect(world.mails.length).toBe(before)

    const run = await send(rows(emails))
    expect(run).toMatchObject({ status: 200, body: { dryRun: false, create: 3 } })
    const { userId } = run.body.items[0]
    const profile = await must(tenant.admin.get(`/users/${userId}?fields=principal`))
    expect(profile).toMatchObject({ nickname: 'Nick 0', lang: 'en', timezone: 'Europe/Dublin', externalId: `ext-${emails[0]}` })
    expect(profile.principal).toMatchObject({ email: emails[0], firstName: 'Ada', lastName: 'Lovelace' })
    const tokens = await world.signIn(tenant.workspaceId, emails[0] ?? '', { context: 'dashboard' })
    expect(claimsOf(tokens.access_token)).toMatchObject({ userId, role: 'editor', lang: 'en', timezone: 'Europe/Dublin' })
  })

  test('again says unchanged, whatever people have changed since, and makes who is new in it', async () => {
    const emails = [newAddress(), newAddress()]
    const first = await send(rows(emails))
    const ids = first.body.items.map(({ userId }: { userId: string }) => userId)
    await must(tenant.admin.call('PATCH', `/users/${ids[1]}`, { nickname: 'Another name' }))
    const again = await send(rows([...emails, newAddress()]))
    expect(outcomes(again)).toEqual(['2 unchanged', '3 unchanged', '4 create'])
    expect(again.body.items.slice(0, 2).map(({ userId }: { userId: string }) => userId)).toEqual(ids)
    expect((await must(tenant.admin.get(`/users/${ids[1]}`))).nickname).toBe('Another name')
  })

  test('with a key is answered the same again, and another file with that key is refused before anybody is made', async () => {
    const [one, other] = [`email,userId\n${newAddress()},\n${newAddress()},id-${newAddress()}\n`, `email\n${newAddress()}\n`]
    const first = await send(one, { key: 'one import' })
    expect(outcomes(first)).toEqual(['2 create', '3 create'])
    const again = await send(one, { key: 'one import' })
    expect([again.headers.get('x-idempotency-cache-hit'), again.body]).toEqual(['true', first.body])
    const before = await usersBefore()
    expect((await send(other, { key: 'one import' })).status).toBe(422)
    expect(await usersBefore()).toBe(before)
  })

  test('with one bad row does nothing at all, and every mistake is told', async () => {
    const [good, taken] = [newAddress(), newAddress()]
    expect((await send(rows([taken]))).status).toBe(200)
    const before = await usersBefore()
    const csv = `email,externalId,lang\n${good},,\nnobody,,en_US\n${taken},other,\n`
    const run = await send(csv)
    expect([run.status, run.body.errors.map(({ pointer }: { pointer: string }) => pointer)]).toEqual([
      400,
      ['/3/email', '/3/lang', '/4/externalId'],
    ])
    const dry = await send(csv, { dryRun: true })
    expect([dry.status, outcomes(dry)]).toEqual([200, ['2 create', '3 invalid', '4 conflict']])
    expect(dry.body.items[1].errors.map(({ column }: { column: string }) => column)).toEqual(['email', 'lang'])
    expect(await usersBefore()).toBe(before)
  })

  test('gives no role above the own', async () => {
    const csv = `email,role\n${newAddress()},owner\n`
    expect((await send(csv)).body.errors).toMatchObject([{ pointer: '/2/role' }])
    expect((await send(csv, { token: await tokenOf('owner') })).status).toBe(200)
  })

  test('is CSV, and for admins', async () => {
    const token = await (admin ?? tokenOf('admin'))
    const path = '/dashboard/v1/user-imports'
    expect((await world.json('POST', path, { email: 'a@example.org' }, { token })).status).toBe(415)
    expect((await world.ask('POST', `${path}?dryRun=yes`, { body: 'email\n', type: 'text/csv', token })).status).toBe(400)
    expect((await send('email\n')).status).toBe(400)
    expect((await send(`email\n${newAddress()}\n`, { token: await tokenOf('manager') })).status).toBe(403)
  })
})

const people = (count: number) => Array.from({ length: count }, () => newAddress())
const listOf = (emails: string[]) => `email,nickname\n${emails.map((email, i) => `${email},Person ${i}`).join('\n')}\n`

test('sent twice side by side, each is there once', async () => {
  const emails = people(150)
  const runs = await Promise.all([send(listOf(emails)), send(listOf(emails))])
  expect(runs.map(({ status, body }) => [status, body.create + body.unchanged])).toEqual(Array(2).fill([200, 150]))
  expect(runs.map(({ body }) => body.create).reduce((a, b) => a + b)).toBe(150)
  const again = await send(listOf(emails))
  expect(again.body).toMatchObject({ create: 0, unchanged: 150, conflict: 0, invalid: 0 })
  const last = `/users/${again.body.items[149].userId}`
  // Whoever a run had no time for is brought about by the workspace's outbox.
  await expect.poll(async () => (await tenant.admin.get(last)).body, { timeout: 60_000 }).toMatchObject({ nickname: 'Person 149' })
})

test('a run that dies half way is made whole by the next', async () => {
  let claims = 0
  const dying = signInWorld({}, (services) => ({
    workspace: (workspaceId) => {
      const whole = services.workspace(workspaceId)
      const execute: typeof whole.execute = (id, requests) => {
        if (requests[0]?.command.kind === 'user.create' && ++claims === 2) throw new ObjectUnavailable('the second hundred')
        return whole.execute(id, requests)
      }
      return new Proxy(whole, { get: (target, name) => (name === 'execute' ? execute : Reflect.get(target, name)) })
    },
  }))
  const emails = people(150)
  const body = listOf(emails)
  const died = await dying.ask('POST', '/dashboard/v1/user-imports', { body, type: 'text/csv', token: await (admin ?? tokenOf('admin')) })
  expect(died.status).toBe(503)
  // Nobody was told of a single one of them, and each can come.
  expect(claimsOf((await world.signIn(tenant.workspaceId, emails[0] ?? '')).access_token)).toMatchObject({ role: 'member' })
  expect((await send(body)).body).toMatchObject({ create: 50, unchanged: 100 })
})

test('the record of all that holds against the objects', async () => {
  await expect.poll(() => auditOf(tenant.workspaceId), { timeout: 60_000, interval: 500 }).toEqual([])
}, 90_000)
