// People sign in by mail, over HTTP, in workerd and with the record in two real regions.

import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { emailHashOf } from '../../domain/sign-in/email-hash.ts'
import { type SignInRpc, signInName } from '../../durable-objects/sign-in/rpc.ts'
import { must, newUser } from './support/game.ts'
import { auditOf, loseStorage, playerAt } from './support/objects.ts'
import { claimsOf, newAddress, otherThan, signInWorld } from './support/sign-in.ts'
import { newTenant, operator, type Tenant } from './support/tenant.ts'

const world = signInWorld()
let tenant: Tenant
let closed: Tenant

beforeAll(async () => {
  tenant = await newTenant()
  closed = await newTenant()
  const put = { accountId: 'local00000', name: 'Closed', slug: `c-${closed.workspaceId.toLowerCase().replaceAll(/[^a-z0-9]/g, '0')}-c` }
  await must(operator.call('PUT', `/workspaces/${closed.workspaceId}`, { ...put, settings: { provisioning: 'preprovisioned' } }))
})

async function person(of = tenant, role?: string): Promise<{ userId: string; email: string }> {
  const email = newAddress()
  const userId = await newUser(of, { email })
  if (role) await must(operator.call('PUT', `/workspaces/${of.workspaceId}/users/${userId}`, { email, role }))
  return { userId, email }
}
const signInAt = (workspaceId: string, email: string) =>
  env.SIGN_IN.get(env.SIGN_IN.idFromName(signInName(workspaceId, emailHashOf(email))))

describe('a code', () => {
  test('signs a person in, once, as the user they are', async () => {
    const { userId, email } = await person()
    const asked = await world.request(tenant.workspaceId, email.toUpperCase(), { platform: 'mobile', lang: 'de' })
    expect([asked.status, asked.body]).toEqual([202, { expiresInSeconds: 180 }])
    const mail = world.mails.at(-1)
    expect(mail).toMatchObject({ to: email.toUpperCase(), subject: 'Dein Anmeldecode' })
    const code = world.codeSentTo(email.toUpperCase()) ?? ''
    const answer = await world.verify(tenant.workspaceId, email, code)
    expect(answer).toMatchObject({ status: 200, body: { token_type: 'Bearer', expires_in: 3600, refresh_expires_in: 2_592_000 } })
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(claimsOf(answer.body.access_token)).toMatchObject({
      userId,
      context: 'app',
      platform: 'mobile',
      role: 'member',
      workspaceId: tenant.workspaceId,
    })
    const me = await world.ask('GET', '/app/v1/users/me', { token: answer.body.access_token })
    expect(me).toMatchObject({ status: 200, body: { userId } })
    expect((await world.verify(tenant.workspaceId, email, code)).status).toBe(401)
  })

  test('is accepted once, whoever of a hundred comes with it at once', async () => {
    const { email } = await person()
    await world.request(tenant.workspaceId, email)
    const code = world.codeSentTo(email) ?? ''
    const answers = await Promise.all(Array.from({ length: 100 }, () => world.verify(tenant.workspaceId, email, code)))
    const statuses = answers.map(({ status }) => status).sort()
    expect(statuses).toEqual([200, ...Array(99).fill(401)])
  })

  test('is dead after five wrong ones', async () => {
    const { email } = await person()
    await world.request(tenant.workspaceId, email)
    const code = world.codeSentTo(email) ?? ''
    for (let i = 0; i < 5; i++) expect((await world.verify(tenant.workspaceId, email, otherThan(code))).status).toBe(401)
    expect((await world.verify(tenant.workspaceId, email, code)).status).toBe(401)
  })

  test('is not mailed again within thirty seconds, which is not told', async () => {
    const { email } = await person()
    const before = world.mails.length
    const answers = [await world.request(tenant.workspaceId, email), await world.request(tenant.workspaceId, email)]
    expect(answers.map(({ status, body }) => [status, body])).toEqual(Array(2).fill([202, { expiresInSeconds: 180 }]))
    expect(world.mails.length).toBe(before + 1)
    expect((await world.verify(tenant.workspaceId, email, world.codeSentTo(email) ?? '')).status).toBe(200)
  })

  test('is of one workspace', async () => {
    const { email } = await person()
    const other = await newTenant()
    await newUser(other, { email })
    await world.request(tenant.workspaceId, email)
    const code = world.codeSentTo(email) ?? ''
    expect((await world.verify(other.workspaceId, email, code)).status).toBe(401)
    expect((await world.verify(tenant.workspaceId, email, code)).status).toBe(200)
  })

  test('is forgotten with the storage of its object, and another can be had', async () => {
    const { email } = await person()
    await world.request(tenant.workspaceId, email)
    const code = world.codeSentTo(email) ?? ''
    await loseStorage(signInAt(tenant.workspaceId, email) as unknown as DurableObjectStub)
    expect((await world.verify(tenant.workspaceId, email, code)).status).toBe(401)
    expect(await world.signIn(tenant.workspaceId, email)).toMatchObject({ token_type: 'Bearer' })
  })

  test('that is malformed, or for what is no address, is a 400', async () => {
    for (const code of ['12345', '1234567', '12345a', '१२३४५६', ''])
      expect((await world.verify(tenant.workspaceId, newAddress(), code)).body.errors).toMatchObject([{ pointer: '/code' }])
    for (const email of ['nobody', '', `${'a'.repeat(250)}@example.org`, 'a@b\nBcc: c@d'])
      expect((await world.request(tenant.workspaceId, email)).body.errors).toMatchObject([{ pointer: '/email' }])
    expect((await world.request('no-such', newAddress())).status).toBe(400)
  })

  test('cannot be asked for by an address that asks too often', async () => {
    const limited = signInWorld({ addressLimits: { 'sign-in': async () => false, token: async () => true, transform: async () => true } })
    const answer = await limited.request(tenant.workspaceId, newAddress())
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '60'])
  })
})

describe('nobody finds out who is there', () => {
  /** All that differs from answer to answer by itself. */
  const said = ({ status, headers, body }: { status: number; headers: Headers; body: Record<string, unknown> }) => {
    const { requestId: _id, timestamp: _at, instance: _instance, ...rest } = body
    return { status, headers: [...headers].filter(([name]) => !['x-request-id', 'traceresponse'].includes(name)), rest }
  }

  test('by asking for codes', async () => {
    const [known, member, stranger] = [await person(closed), await person(closed), newAddress()]
    const before = world.mails.length
    const answers = [
      await world.request(closed.workspaceId, known.email),
      await world.request(closed.workspaceId, stranger),
      await world.request(closed.workspaceId, member.email, { context: 'dashboard' }),
      await world.request('nosuchwork', known.email),
      await world.request(closed.workspaceId, known.email),
    ].map(said)
    for (const answer of answers) expect(answer).toEqual(answers[0])
    expect(world.mails.slice(before).map(({ to }) => to)).toEqual([known.email])
  })

  test('by trying codes', async () => {
    const [known, used, unused, stranger] = [await person(closed), await person(closed), await person(closed), newAddress()]
    await world.request(closed.workspaceId, known.email)
    await world.request(closed.workspaceId, used.email)
    const code = world.codeSentTo(known.email) ?? ''
    const usedCode = world.codeSentTo(used.email) ?? ''
    await world.verify(closed.workspaceId, used.email, usedCode)
    const answers = [
      await world.verify(closed.workspaceId, known.email, otherThan(code)),
      await world.verify(closed.workspaceId, stranger, code),
      await world.verify(closed.workspaceId, used.email, usedCode),
      await world.verify(closed.workspaceId, unused.email, code),
      await world.verify('nosuchwork', known.email, code),
    ].map(said)
    for (const answer of answers) expect(answer).toEqual(answers[0])
    expect(answers[0]?.rest).toMatchObject({ status: 401, code: 'auth/invalid_token' })
  })

  test('by guessing the code of somebody who may not come', async () => {
    const stranger = newAddress()
    const stub = signInAt(closed.workspaceId, stranger) as unknown as DurableObjectStub & SignInRpc
    const code = (await stub.issue({ emailHash: emailHashOf(stranger) }, { context: 'app', platform: 'web' })) ?? ''
    expect((await world.verify(closed.workspaceId, stranger, code)).status).toBe(401)
  })
})

describe('whoever knows an address', () => {
  /** A code asked for, and every guess at it wasted. */
  async function attack(email: string): Promise<void> {
    await world.request(tenant.workspaceId, email)
    for (let i = 0; i < 5; i++) await world.verify(tenant.workspaceId, email, otherThan(world.codeSentTo(email) ?? '0'))
  }
  const mailsTo = (email: string) => world.mails.filter(({ to }) => to === email).length

  test('does not keep its owner from signing in where they have before, at whatever moment they come', async () => {
    const { userId, email } = await person()
    const { device_token: deviceToken, device_expires_in } = await world.signIn(tenant.workspaceId, email)
    expect(device_expires_in).toBe(180 * 24 * 3600)
    await attack(email)
    const before = mailsTo(email)
    expect((await world.request(tenant.workspaceId, email)).status).toBe(202)
    expect(mailsTo(email)).toBe(before)
    expect((await world.request(tenant.workspaceId, email, { deviceToken })).status).toBe(202)
    expect(mailsTo(email)).toBe(before + 1)
    const code = world.codeSentTo(email) ?? ''
    await attack(email)
    // The code itself is no use to who does not prove the device.
    expect((await world.verify(tenant.workspaceId, email, code)).status).toBe(401)
    const answer = await world.verify(tenant.workspaceId, email, code, { deviceToken })
    expect(answer.status).toBe(200)
    expect(claimsOf(answer.body.access_token).userId).toBe(userId)
    // The device goes on with the limits that it had.
    await world.request(tenant.workspaceId, email, { deviceToken: answer.body.device_token })
    expect(mailsTo(email)).toBe(before + 1)
  })

  test('is not let through by the proof of another address, another workspace, or none', async () => {
    const [ada, eve] = [await person(), await person()]
    const { device_token: hers } = await world.signIn(tenant.workspaceId, eve.email)
    const other = await newTenant()
    await newUser(other, { email: ada.email })
    const { device_token: elsewhere } = await world.signIn(other.workspaceId, ada.email)
    await attack(ada.email)
    const before = mailsTo(ada.email)
    for (const deviceToken of [hers, elsewhere, 'none', ''])
      expect((await world.request(tenant.workspaceId, ada.email, { deviceToken })).status).toBe(202)
    expect(mailsTo(ada.email)).toBe(before)
    for (const deviceToken of [1, null, 'x'.repeat(201)])
      expect((await world.request(tenant.workspaceId, ada.email, { deviceToken })).body.errors).toMatchObject([{ pointer: '/deviceToken' }])
  })

  test('is told from an owner who is still signed in: a refresh proves the device too', async () => {
    const { email } = await person()
    const tokens = await world.signIn(tenant.workspaceId, email)
    const { device_token: deviceToken } = (await world.refresh(tokens.refresh_token)).body
    await attack(email)
    await world.request(tenant.workspaceId, email, { deviceToken })
    expect((await world.verify(tenant.workspaceId, email, world.codeSentTo(email) ?? '', { deviceToken })).status).toBe(200)
  })

  test('brings them one mail, under however many names', async () => {
    const { email } = await person()
    const [local, domain] = email.split('@')
    const before = world.mails.length
    for (let i = 0; i < 20; i++) await world.request(tenant.workspaceId, `${local}+${i}@${domain}`)
    expect(world.mails.length).toBe(before + 1)
  })

  test('makes no workspace mail more than its share', async () => {
    const tenth = { quota: 10, windowSeconds: 10 }
    const small = await newTenant({ limits: { workspace: tenth, principal: tenth, machine: tenth } })
    const { email } = await person(small)
    const before = world.mails.length
    for (let i = 0; i < 6; i++) expect((await world.request(small.workspaceId, newAddress())).status).toBe(202)
    // A fifth of ten are for who is new; whom it knows is mailed all the same.
    expect(world.mails.length).toBe(before + 2)
    await world.request(small.workspaceId, email)
    expect(world.mails.at(-1)?.to).toBe(email)
  })
})

describe('who comes for the first time', () => {
  test('becomes a user where anyone may, and is the same one the next time', async () => {
    const email = newAddress()
    const first = claimsOf((await world.signIn(tenant.workspaceId, email)).access_token)
    expect(first).toMatchObject({ role: 'member', context: 'app' })
    const profile = await must(tenant.admin.get(`/users/${first.userId}?fields=principal`))
    expect(profile.principal).toMatchObject({ email, sub: first.sub })
    await loseStorage(signInAt(tenant.workspaceId, email) as unknown as DurableObjectStub)
    const again = claimsOf((await world.signIn(tenant.workspaceId, email.toUpperCase())).access_token)
    expect([again.userId, again.sub]).toEqual([first.userId, first.sub])
    expect(again.sid).not.toBe(first.sid)
  })

  test('is not let into the dashboard', async () => {
    const before = world.mails.length
    await world.request(tenant.workspaceId, newAddress(), { context: 'dashboard' })
    expect(world.mails.length).toBe(before)
  })
})

test('a person of the dashboard comes with the role they have', async () => {
  const { userId, email } = await person(tenant, 'editor')
  const tokens = await world.signIn(tenant.workspaceId, email, { context: 'dashboard' })
  expect(claimsOf(tokens.access_token)).toMatchObject({ userId, role: 'editor', context: 'dashboard' })
  expect((await world.ask('GET', '/dashboard/v1/activities', { token: tokens.access_token })).status).toBe(200)
  expect((await world.ask('GET', '/app/v1/users/me', { token: tokens.access_token })).status).toBe(403)
  const role = (name: string) => operator.call('PUT', `/workspaces/${tenant.workspaceId}/users/${userId}`, { email, role: name })
  await must(role('viewer'))
  const refreshed = await world.refresh(tokens.refresh_token)
  expect(claimsOf(refreshed.body.access_token)).toMatchObject({ role: 'viewer', sid: claimsOf(tokens.access_token).sid })
  await must(role('member'))
  expect(await world.refresh(refreshed.body.refresh_token)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
})

describe('a refresh token', () => {
  test('is good for one exchange, and for another in the next minute, which gives the same', async () => {
    const { email } = await person()
    const tokens = await world.signIn(tenant.workspaceId, email)
    const [a, b] = await Promise.all([world.refresh(tokens.refresh_token), world.refresh(tokens.refresh_token)])
    expect([a?.status, b?.status]).toEqual([200, 200])
    expect(a?.body.refresh_token).toBe(b?.body.refresh_token)
    expect(a?.body.refresh_token).not.toBe(tokens.refresh_token)
    const next = await world.refresh(a?.body.refresh_token)
    expect(next).toMatchObject({ status: 200, body: { token_type: 'Bearer', expires_in: 3600 } })
    expect((await world.ask('GET', '/app/v1/users/me', { token: next.body.access_token })).status).toBe(200)
  })

  test('that comes again after that ends the session', async () => {
    const { email } = await person()
    const first = (await world.signIn(tenant.workspaceId, email)).refresh_token
    const second = (await world.refresh(first)).body.refresh_token
    const third = (await world.refresh(second)).body.refresh_token
    const refused = { status: 400, body: { error: 'invalid_grant' } }
    expect(await world.refresh(first)).toMatchObject(refused)
    expect(await world.refresh(third)).toMatchObject(refused)
  })

  test('survives the loss of the storage of its user: sessions are part of the record', async () => {
    const { userId, email } = await person()
    const tokens = await world.signIn(tenant.workspaceId, email)
    await loseStorage(playerAt(tenant.workspaceId, userId))
    expect((await world.refresh(tokens.refresh_token)).status).toBe(200)
  })

  test('of a user who was deleted is none', async () => {
    const { userId, email } = await person()
    const tokens = await world.signIn(tenant.workspaceId, email)
    await must(tenant.admin.call('DELETE', `/users/${userId}`))
    expect(await world.refresh(tokens.refresh_token)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
    await world.request(tenant.workspaceId, email)
    expect((await world.verify(tenant.workspaceId, email, '000000')).status).toBe(401)
  })

  test('that was made up is refused before any object is asked', async () => {
    const { email } = await person()
    const { refresh_token: token } = await world.signIn(tenant.workspaceId, email)
    for (const made of [`${token}x`, token.replace(/.$/, token.endsWith('A') ? 'B' : 'A'), 'a.b.c.d', 'x'])
      expect(await world.refresh(made)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
    expect((await world.refresh(token)).status).toBe(200)
  })
})

describe('a session', () => {
  const revoke = (token: string) => world.form('/oauth2/revoke', { token })

  test('is ended by its token (RFC 7009), and what is unknown is as good as ended', async () => {
    const { email } = await person()
    const tokens = await world.signIn(tenant.workspaceId, email)
    for (const token of ['unknown', tokens.access_token, tokens.refresh_token, tokens.refresh_token])
      expect((await revoke(token)).status).toBe(200)
    expect((await world.refresh(tokens.refresh_token)).status).toBe(400)
    expect(await world.form('/oauth2/revoke', {})).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
  })

  test('is shown to the person and to a manager, without a secret, and either ends it', async () => {
    const { userId, email } = await person()
    const tokens = await world.signIn(tenant.workspaceId, email)
    await loseStorage(signInAt(tenant.workspaceId, email) as unknown as DurableObjectStub)
    const other = await world.signIn(tenant.workspaceId, email, { platform: 'mobile' })
    const token = tokens.access_token
    const list = await world.ask('GET', '/app/v1/users/me/sessions', { token })
    expect(list.body.items.map(({ sessionId, platform }: Record<string, string>) => [sessionId, platform])).toEqual([
      [claimsOf(other.access_token).sid, 'mobile'],
      [claimsOf(token).sid, 'web'],
    ])
    const shown = ['sessionId', 'context', 'platform', 'createdAt', 'lastUsedAt', 'expiresAt']
    for (const session of list.body.items) expect(Object.keys(session)).toEqual(shown)
    const one = `/app/v1/users/me/sessions/${claimsOf(other.access_token).sid}`
    expect([(await world.ask('DELETE', one, { token })).status, (await world.ask('DELETE', one, { token })).status]).toEqual([200, 404])
    expect((await world.refresh(other.refresh_token)).status).toBe(400)
    const manager = await tenant.client({ user: 'm', context: 'dashboard', role: 'manager' })
    expect((await must(manager.get(`/users/${userId}/sessions`))).items).toHaveLength(1)
    expect(await must(manager.call('DELETE', `/users/${userId}/sessions`))).toEqual({ ended: 1 })
    expect((await world.refresh(tokens.refresh_token)).status).toBe(400)
    expect((await world.ask('DELETE', '/app/v1/users/me/sessions', { token })).body).toEqual({ ended: 0 })
  })
})

describe('a role', () => {
  test('is given by an admin, up to their own', async () => {
    const { userId } = await person()
    const admin = await tenant.client({ user: 'a', context: 'dashboard', role: 'admin' })
    const put = (client: typeof admin, role: string) => client.call('PUT', `/users/${userId}/role`, { role })
    expect(await must(put(admin, 'manager'))).toEqual({ userId, role: 'manager' })
    expect(await must(admin.get(`/users/${userId}/role`))).toEqual({ userId, role: 'manager' })
    expect((await put(admin, 'owner')).status).toBe(403)
    const owner = await tenant.client({ user: 'o', context: 'dashboard', role: 'owner' })
    await must(put(owner, 'owner'))
    expect([(await put(admin, 'member')).status, (await put(owner, 'member')).status]).toEqual([403, 409])
    const remove = (client: typeof admin) => client.call('DELETE', `/users/${userId}`)
    expect([(await remove(admin)).status, (await remove(owner)).status]).toEqual([403, 409])
  })
})

test('neither code nor refresh token is in a log line, a commit or an object', async () => {
  const printed: string[] = []
  const spy = vi.spyOn(console, 'log').mockImplementation((line) => void printed.push(String(line)))
  const { userId, email } = await person()
  const tokens = await world.signIn(tenant.workspaceId, email)
  const code = world.codeSentTo(email) ?? ''
  const next = (await world.refresh(tokens.refresh_token)).body.refresh_token
  spy.mockRestore()
  const secrets = [tokens.refresh_token, next].map((token: string) => token.split('.')[3] as string)
  const kept = await runInDurableObject(playerAt(tenant.workspaceId, userId), (_, state) =>
    ['commits', 'sessions', 'outbox', 'idempotency']
      .map((table) => JSON.stringify(state.storage.sql.exec(`SELECT * FROM ${table}`).toArray()))
      .join(),
  )
  const codes = await runInDurableObject(signInAt(tenant.workspaceId, email), (_, state) => JSON.stringify([...state.storage.kv.list()]))
  expect(kept).toContain('session.refresh')
  expect(codes).toContain('mac')
  for (const text of [kept, printed.join('\n'), world.lines.join('\n')]) for (const secret of secrets) expect(text).not.toContain(secret)
  for (const text of [codes.replaceAll(/"mac":"[0-9a-f]+"/g, ''), printed.join('\n')]) expect(text).not.toContain(code)
  for (const line of world.lines) expect(line).not.toMatch(/@example\.org|eyJ[\w-]{5,}\./)
})

test('the record of all that holds against the objects', async () => {
  await expect.poll(() => auditOf(tenant.workspaceId), { timeout: 20_000 }).toEqual([])
})
