// An access token lives for an hour, whatever becomes of whom it was given to. What it can do in that hour, end to end: people
// who signed in by mail, over HTTP, in workerd and with the record in two real regions.

import { beforeAll, describe, expect, test } from 'vitest'
import { must, newUser } from './support/game.ts'
import { auditOf } from './support/objects.ts'
import { newAddress, signInWorld } from './support/sign-in.ts'
import { newTenant, operator, type Tenant } from './support/tenant.ts'

const world = signInWorld()
let tenant: Tenant
beforeAll(async () => {
  tenant = await newTenant()
})

async function person(role?: string): Promise<{ userId: string; email: string }> {
  const email = newAddress()
  const userId = await newUser(tenant, { email })
  if (role) await must(operator.call('PUT', `/workspaces/${tenant.workspaceId}/users/${userId}`, { email, role }))
  return { userId, email }
}

describe('the access token of somebody', () => {
  const scopes = ['dashboard/read', 'dashboard/write']
  const soon = { quota: 1, windowSeconds: 10, reason: 'x', expiresAt: '2999-01-01T00:00:00Z' }
  const forbidden = { status: 403, body: { code: 'auth/insufficient_permissions' } }

  async function signedIn(role: string) {
    const { userId, email } = await person(role)
    const { access_token: token } = await world.signIn(tenant.workspaceId, email, { context: 'dashboard' })
    const ask = (method: string, path: string, body: object) => world.json(method, `/dashboard/v1${path}`, body, { token })
    const csv = (body: string) => world.ask('POST', '/dashboard/v1/user-imports', { token, body, type: 'text/csv' })
    const role_ = (name: string) => operator.call('PUT', `/workspaces/${tenant.workspaceId}/users/${userId}`, { email, role: name })
    return { userId, token, ask, csv, become: async (name: string) => void (await must(role_(name))) }
  }

  /** An isolate that knew them may do so for as long as it remembers a workspace. */
  const becomes = (status: number, one: { token: string }, path: string) =>
    expect.poll(async () => (await world.ask('GET', path, { token: one.token })).status, { timeout: 20_000 }).toBe(status)

  /** Everything by which an hour could become more than an hour. */
  async function nothingIsLeft({ userId, ask, csv }: Awaited<ReturnType<typeof signedIn>>, forbidden: object): Promise<void> {
    const other = await person('editor')
    const client = await must(tenant.admin.post('/clients', { name: 'Other', scopes }))
    expect(await ask('PUT', `/users/${userId}/role`, { role: 'admin' })).toMatchObject(forbidden)
    expect(await ask('PUT', `/users/${other.userId}/role`, { role: 'member' })).toMatchObject(forbidden)
    expect(await ask('POST', '/users', { email: newAddress() })).toMatchObject(forbidden)
    expect(await csv(`email,role\n${newAddress()},admin\n`)).toMatchObject(forbidden)
    expect(await ask('POST', '/clients', { name: 'Back door', role: 'viewer', scopes })).toMatchObject(forbidden)
    expect(await ask('PATCH', `/clients/${client.clientId}`, { scopes: ['app/write'] })).toMatchObject(forbidden)
    expect(await ask('POST', `/clients/${client.clientId}/secrets`, {})).toMatchObject(forbidden)
    expect(await ask('PATCH', '/workspace-settings', { provisioning: 'open' })).toMatchObject(forbidden)
    expect(await ask('POST', '/throttles', { principal: `user:${other.userId}`, ...soon })).toMatchObject(forbidden)
    const text = 'forbid (principal, action, resource);'
    expect(await ask('POST', '/policies', { policyId: 'mine', text })).toMatchObject(forbidden)
    expect(await must(tenant.admin.get(`/users/${other.userId}/role`))).toMatchObject({ role: 'editor' })
  }

  test('who was demoted changes nothing about who may come, and reads what the role of now may', async () => {
    const one = await signedIn('admin')
    const before = await person()
    expect(await one.ask('PUT', `/users/${before.userId}/role`, { role: 'editor' })).toMatchObject({ status: 200 })
    await one.become('viewer')
    // By the workspace's object, whatever an isolate remembers.
    await nothingIsLeft(one, forbidden)
    await becomes(403, one, '/dashboard/v1/clients')
    await becomes(403, one, '/dashboard/v1/audit-records')
    expect((await world.ask('GET', '/dashboard/v1/users', { token: one.token })).status).toBe(200)
    await one.become('member')
    await becomes(403, one, '/dashboard/v1/users')
  })

  test('who was deleted is nobody any more', async () => {
    const one = await signedIn('admin')
    await must(tenant.admin.call('DELETE', `/users/${one.userId}`))
    await becomes(401, one, '/dashboard/v1/users')
    await nothingIsLeft(one, { status: 401, body: { code: 'auth/invalid_token' } })
    for (const path of ['/users', '/audit-records/export', '/media', '/activities', '/workspace'])
      expect((await world.ask('GET', `/dashboard/v1${path}`, { token: one.token })).status).toBe(401)
  })

  test('of the app who was deleted reads nothing of others, and writes nothing', async () => {
    const { userId, email } = await person()
    const { access_token: token } = await world.signIn(tenant.workspaceId, email)
    expect((await world.ask('GET', '/app/v1/runtime-leaderboards', { token })).status).toBe(200)
    await must(tenant.admin.call('DELETE', `/users/${userId}`))
    await becomes(401, { token }, '/app/v1/runtime-leaderboards')
    expect((await world.ask('GET', '/app/v1/users/me', { token })).status).toBe(404)
    const log = { activityId: 'walk', userId }
    expect((await world.json('POST', '/app/v1/activity-logs', log, { token })).status).toBe(404)
  })

  describe('leaves nothing behind:', () => {
    const text = 'What is uploaded.'
    const wanted = `contentType=text/plain&fileType=document&fileName=a.txt&fileSize=${text.length}&visibility=private&expiresIn=604800`
    const urlOf = async (token: string) => (await world.ask('GET', `/dashboard/v1/media/upload-url?${wanted}`, { token })).body.uploadUrl
    const pathOf = (url: string) => new URL(url).pathname + new URL(url).search
    const upload = (url: string) => world.ask('PUT', pathOf(url), { body: text, type: 'text/plain' })
    const shown = async (url: string) => (await world.fetch(pathOf(url))).status

    test('a signed link and an upload URL end with what their maker may', async () => {
      const one = await signedIn('editor')
      const { mediaId, url } = await must(upload(await urlOf(one.token)))
      const signed = await world.ask('GET', `/dashboard/v1/media/${mediaId}/signed-url?expiresIn=604800`, { token: one.token })
      const [unused, begun] = [await urlOf(one.token), await urlOf(one.token)]
      expect((await world.ask('POST', `${pathOf(begun)}/multipart`)).status).toBe(201)
      expect([await shown(url), await shown(signed.body.url)]).toEqual([200, 200])

      await one.become('viewer')
      await becomes(403, one, `/dashboard/v1/media/upload-url?${wanted}`)
      expect([await upload(unused), await world.ask('GET', `${pathOf(begun)}/multipart`)]).toMatchObject([forbidden, forbidden])
      expect(await shown(signed.body.url)).toBe(200)

      await must(tenant.admin.call('DELETE', `/users/${one.userId}`))
      await expect.poll(() => shown(signed.body.url), { timeout: 20_000 }).toBe(403)
      expect(await shown(url)).toBe(403)
      expect(await upload(unused)).toMatchObject(forbidden)
      const { url: mine } = await must(tenant.admin.get(`/media/${mediaId}`))
      expect(await shown(mine)).toBe(200)
    })

    test('nor does a client that is gone, or of which less is left', async () => {
      const scopes = ['dashboard/read', 'dashboard/write']
      const client = await must(tenant.admin.post('/clients', { name: 'Uploader', role: 'editor', scopes }))
      const form = { grant_type: 'client_credentials', client_id: client.clientId, client_secret: client.clientSecret }
      const token = (await world.form('/oauth2/token', form)).body.access_token
      const { mediaId, url } = await must(upload(await urlOf(token)))
      const unused = await urlOf(token)
      expect(await shown(url)).toBe(200)
      await must(tenant.admin.call('PATCH', `/clients/${client.clientId}`, { role: 'viewer' }))
      await becomes(403, { token }, `/dashboard/v1/media/upload-url?${wanted}`)
      expect(await upload(unused)).toMatchObject(forbidden)
      expect((await world.ask('GET', `/dashboard/v1/media/${mediaId}`, { token })).status).toBe(200)
      await must(tenant.admin.call('DELETE', `/clients/${client.clientId}`))
      await expect.poll(() => shown(url), { timeout: 20_000 }).toBe(403)
    })
  })

  test('who was a manager deletes nobody', async () => {
    const one = await signedIn('manager')
    const [first, second] = [await person(), await person()]
    const remove = (userId: string) => world.ask('DELETE', `/dashboard/v1/users/${userId}`, { token: one.token })
    expect((await remove(first.userId)).status).toBe(200)
    await one.become('viewer')
    expect(await remove(second.userId)).toMatchObject(forbidden)
  })

  test('is of no use against who stands above: no throttle of an owner by an admin', async () => {
    const [boss, admin] = [await signedIn('owner'), await signedIn('admin')]
    const principal = `user:${boss.userId}`
    expect(await admin.ask('POST', '/throttles', { principal, ...soon })).toMatchObject(forbidden)
    expect((await boss.ask('POST', '/throttles', { principal: `user:${admin.userId}`, ...soon })).status).toBe(201)
    expect((await boss.ask('DELETE', `/throttles/user:${admin.userId}`, {})).status).toBe(200)
  })
})

test('the record of all that holds against the objects', async () => {
  await expect.poll(() => auditOf(tenant.workspaceId), { timeout: 20_000 }).toEqual([])
})
