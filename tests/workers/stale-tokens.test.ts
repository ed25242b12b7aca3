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

  /** Everything by which an hour could become more than an hour. */
  async function nothingIsLeft({ userId, ask, csv }: Awaited<ReturnType<typeof signedIn>>): Promise<void> {
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

  test('who was demoted changes nothing about who may come, and reads on', async () => {
    const one = await signedIn('admin')
    const before = await person()
    expect(await one.ask('PUT', `/users/${before.userId}/role`, { role: 'editor' })).toMatchObject({ status: 200 })
    await one.become('viewer')
    await nothingIsLeft(one)
    expect((await world.ask('GET', '/dashboard/v1/clients', { token: one.token })).status).toBe(200)
  })

  test('who was deleted changes nothing either', async () => {
    const one = await signedIn('admin')
    await must(tenant.admin.call('DELETE', `/users/${one.userId}`))
    await nothingIsLeft(one)
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
